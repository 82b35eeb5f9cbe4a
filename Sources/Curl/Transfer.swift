import Addresses
import CCurl
import Glibc

/// What libcurl's callbacks see of one transfer: where its bytes go and which peers it may have.
final class Transfer {
    enum Sink {
        case memory
        /// An open file. Only the body of a 200 goes there; that of any other answer is dropped.
        case file(CInt)
    }

    private let sink: Sink
    private let maxBytes: Int
    private let isGuarded: Bool

    /// The status of the answer that is coming in, asked of the handle.
    var currentStatus: () -> Int = { 0 }

    /// What came, when it goes to memory.
    private(set) var body: [UInt8] = []
    private(set) var receivedBytes = 0
    private(set) var isTooLarge = false
    private(set) var hasRefusedAddress = false
    /// The `errno` of a write that failed.
    private(set) var writeError: CInt?

    /// - Parameter isGuarded: whether only public addresses may be connected to.
    init(to sink: Sink, maxBytes: Int, isGuarded: Bool) {
        self.sink = sink
        self.maxBytes = maxBytes
        self.isGuarded = isGuarded
    }

    /// Takes the next bytes of an answer; false ends the transfer.
    func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count <= maxBytes - receivedBytes else {
            isTooLarge = true
            return false
        }
        receivedBytes += bytes.count
        switch sink {
        case .memory:
            unsafe body.append(contentsOf: bytes)
            return true
        case .file(let descriptor):
            // By the first byte of a body its status is known.
            return unsafe currentStatus() != 200 || write(bytes, to: descriptor)
        }
    }

    /// Whether this line of an answer's head is the empty one after its fields. That of an interim
    /// answer (1xx) is not.
    func endsAnswer(_ line: UnsafeRawBufferPointer) -> Bool {
        unsafe currentStatus() >= 200 && line.allSatisfy { $0 == 0x0D || $0 == 0x0A }
    }

    private func write(_ bytes: UnsafeRawBufferPointer, to descriptor: CInt) -> Bool {
        var rest = unsafe bytes
        while unsafe !rest.isEmpty {
            let count = unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
            if count < 0 {
                if errno == EINTR { continue }
                writeError = errno
                return false
            }
            unsafe rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
        }
        return true
    }

    /// Opens a socket for an address that a name stood for, or refuses the address.
    ///
    /// This is asked for each address just before it is connected to, so a name that changes its
    /// meaning between a check and the connection gains nothing (CURLOPT_OPENSOCKETFUNCTION(3)).
    func openSocket(_ address: UnsafeMutablePointer<curl_sockaddr>) -> CInt {
        if isGuarded, unsafe Self.ipAddress(address)?.isPublic != true {
            hasRefusedAddress = true
            return rushes_curl_bad_socket()
        }
        // Not inherited by programs that this process starts.
        return unsafe socket(
            address.pointee.family, address.pointee.socktype | CInt(SOCK_CLOEXEC.rawValue),
            address.pointee.protocol)
    }

    /// The address, or nil when it is neither IPv4 nor IPv6.
    private static func ipAddress(_ address: UnsafeMutablePointer<curl_sockaddr>) -> IPAddress? {
        // `addr` is declared as a `sockaddr` and is really `addrlen` bytes long.
        guard let offset = MemoryLayout<curl_sockaddr>.offset(of: \.addr) else { return nil }
        let bytes = unsafe UnsafeRawBufferPointer(
            start: UnsafeRawPointer(address) + offset, count: Int(address.pointee.addrlen))
        switch unsafe address.pointee.family {
        case AF_INET where bytes.count >= MemoryLayout<sockaddr_in>.size:
            let address = unsafe bytes.loadUnaligned(as: sockaddr_in.self).sin_addr
            return unsafe withUnsafeBytes(of: address) { unsafe .v4(Array($0)) }
        case AF_INET6 where bytes.count >= MemoryLayout<sockaddr_in6>.size:
            let address = unsafe bytes.loadUnaligned(as: sockaddr_in6.self).sin6_addr
            return unsafe withUnsafeBytes(of: address) { unsafe .v6(Array($0)) }
        default:
            return nil
        }
    }
}
