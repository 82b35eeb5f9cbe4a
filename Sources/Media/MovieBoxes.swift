/// The boxes that a movie file is made of at its top level (ISO/IEC 14496-12, 4.2 and 6.2).
///
/// They have to cover the file exactly: what lies behind, between or beyond them is no part of a
/// movie, but is stored, delivered and paid for. Only their heads are read.
struct MovieBoxes: Equatable {
    struct Box: Equatable {
        /// Four printable characters, `moov`.
        let type: String
        let offset: UInt64
        /// With its head.
        let sizeBytes: UInt64
    }

    let boxes: [Box]

    /// More than a movie of ten minutes has that was cut into pieces of a quarter of a second.
    static let maxCount = 5000
    /// For the index of all pictures.
    static let maxIndexBytes: UInt64 = 64 << 20
    /// For all that holds neither pictures nor their index: padding, metadata, signatures.
    static let maxOtherBytes: UInt64 = 16 << 20

    /// Walks through a file of `fileBytes`, whose bytes `read` gives (an offset, a count), fewer at
    /// its end. Throws ``NotStored`` when they are no movie, or more than one.
    init(fileBytes: UInt64, read: (UInt64, Int) throws -> [UInt8]) throws {
        var boxes: [Box] = []
        var offset: UInt64 = 0
        while offset < fileBytes {
            guard boxes.count < Self.maxCount else { throw NotStored("the file has no end") }
            let box = try Self.box(at: offset, in: fileBytes, head: read(offset, 16))
            boxes.append(box)
            offset += box.sizeBytes
        }
        try Self.judge(boxes)
        self.boxes = boxes
    }

    private static func box(
        at offset: UInt64, in fileBytes: UInt64, head: [UInt8]
    ) throws(NotStored) -> Box {
        let left = fileBytes - offset
        guard head.count >= 8, head[4..<8].allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw NotStored("the file goes on behind its boxes, at byte \(offset)")
        }
        let type = String(decoding: head[4..<8], as: UTF8.self)
        let headBytes: UInt64
        let sizeBytes: UInt64
        switch number(head[..<4]) {
        case 0:
            // Up to the end of the file, so it is the last one.
            (headBytes, sizeBytes) = (8, left)
        case 1:
            guard head.count == 16 else { throw NotStored("the file ends within \(type)") }
            (headBytes, sizeBytes) = (16, number(head[8...]))
        case let size:
            (headBytes, sizeBytes) = (8, size)
        }
        guard sizeBytes >= headBytes else { throw NotStored("\(type) is smaller than its head") }
        guard sizeBytes <= left else { throw NotStored("the file ends within \(type)") }
        return Box(type: type, offset: offset, sizeBytes: sizeBytes)
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static func judge(_ boxes: [Box]) throws(NotStored) {
        // No sum is larger than the file.
        func sum(_ isMeant: (Box) -> Bool) -> UInt64 {
            boxes.lazy.filter(isMeant).map(\.sizeBytes).reduce(0, +)
        }
        guard boxes.first?.type == "ftyp", boxes.count(where: { $0.type == "ftyp" }) == 1 else {
            throw NotStored("the file does not begin as a movie")
        }
        guard boxes.count(where: { $0.type == "moov" }) == 1 else {
            throw NotStored("the file has no index of its pictures, or several")
        }
        guard boxes.contains(where: { $0.type == "mdat" && $0.sizeBytes > 8 }) else {
            throw NotStored("the file has no pictures")
        }
        guard sum({ ["moov", "moof"].contains($0.type) }) <= maxIndexBytes else {
            throw NotStored("the index of the file is too large")
        }
        guard sum({ !["moov", "moof", "mdat"].contains($0.type) }) <= maxOtherBytes else {
            throw NotStored("the file is filled with something else than pictures")
        }
    }
}
