import Glibc

/// The parameters of one request: names and values, in the order in which they came.
///
/// They are kept as the bytes that came, and searched in place; a value is copied when it is asked
/// for. One is used for all requests of a thread, so that a request takes no memory of its own.
struct Parameters {
    /// nginx's own limits leave 74 kB: four buffers of 8 kB, the request line in four parameters.
    static let longest = 128 * 1024

    private struct Entry {
        let name: Int32
        let nameLength: Int32
        let valueLength: Int32
    }

    /// The content of the records of `FCGI_PARAMS`.
    private var bytes: [UInt8] = []
    private var entries: [Entry] = []

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: bytes.capacity <= 16 * 1024)
        entries.removeAll(keepingCapacity: entries.capacity <= 256)
    }

    /// Adds the content of a record, or a part of it. False when it is more than ``longest``.
    mutating func append(_ content: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count + content.count <= Self.longest else { return false }
        unsafe bytes.append(contentsOf: content)
        return true
    }

    /// Finds the pairs (FastCGI specification 1.0, 3.4). False when the bytes are not whole pairs
    /// of a name and a value without NUL, of which no field of HTTP has one.
    mutating func find() -> Bool {
        unsafe bytes.withUnsafeBytes { unsafe Self.find(in: $0, &entries) }
    }

    private static func find(in all: UnsafeRawBufferPointer, _ entries: inout [Entry]) -> Bool {
        var index = 0
        func length() -> Int? {
            guard index < all.count else { return nil }
            let first = unsafe all[index]
            guard first & 0x80 != 0 else {
                index += 1
                return Int(first)
            }
            guard all.count - index >= 4 else { return nil }
            let number = unsafe UInt32(
                bigEndian: all.loadUnaligned(fromByteOffset: index, as: UInt32.self))
            index += 4
            return Int(number & 0x7FFF_FFFF)
        }
        while index < all.count {
            guard let name = length(), let value = length(), name > 0, name <= all.count - index,
                value <= all.count - index - name, let start = all.baseAddress,
                unsafe memchr(start + index, 0, name + value) == nil
            else { return false }
            entries.append(
                Entry(name: Int32(index), nameLength: Int32(name), valueLength: Int32(value)))
            index += name + value
        }
        return true
    }

    /// The first value of this name; what is not UTF-8 is repaired, so that no bytes of a client
    /// can stop us.
    func value(of name: StaticString) -> String? {
        unsafe bytes.withUnsafeBytes { bytes in
            for entry in entries where unsafe Self.has(entry, name, bytes) {
                let start = Int(entry.name + entry.nameLength)
                return unsafe String(
                    decoding: bytes[start..<(start + Int(entry.valueLength))], as: UTF8.self)
            }
            return nil
        }
    }

    /// How often there is one of this name.
    func count(of name: StaticString) -> Int {
        unsafe bytes.withUnsafeBytes { bytes in
            entries.count { unsafe Self.has($0, name, bytes) }
        }
    }

    @inline(__always)
    private static func has(
        _ entry: Entry, _ name: StaticString, _ bytes: UnsafeRawBufferPointer
    ) -> Bool {
        guard Int(entry.nameLength) == name.utf8CodeUnitCount, let start = bytes.baseAddress
        else { return false }
        return unsafe memcmp(start + Int(entry.name), name.utf8Start, name.utf8CodeUnitCount) == 0
    }
}
