import System

/// The bytes of a body that libcurl asks for piece by piece.
final class UploadSource {
    enum Content {
        case bytes([UInt8])
        /// Never in memory whole.
        case file(OpenFile)
    }

    private let content: Content
    private var givenBytes = 0

    init(_ content: Content) {
        self.content = content
    }

    var sizeBytes: Int {
        switch content {
        case .bytes(let bytes): bytes.count
        case .file(let file): Int(clamping: file.sizeBytes)
        }
    }

    /// Fills the buffer with what comes next; returns how far: 0 at the end, nil when the file cannot
    /// be read.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
        let count: Int?
        switch content {
        case .bytes(let bytes):
            let part = bytes[givenBytes...].prefix(buffer.count)
            unsafe buffer.copyBytes(from: part)
            count = part.count
        case .file(let file):
            count = unsafe try? file.read(into: buffer, at: UInt64(givenBytes))
        }
        givenBytes += count ?? 0
        return count
    }
}
