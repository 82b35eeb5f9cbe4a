import Domain

/// What the head of a picture's file says, read before any program has seen the file: its kind by
/// its content, whatever its name or its sender calls it, and how large it says that it is.
struct PictureHead: Equatable {
    enum Kind: Equatable {
        case jpeg, png, webP, heic
    }

    let kind: Kind
    let width: Int
    let height: Int

    /// - Parameter read: the bytes from an offset on, a count of them, or fewer at the file's end.
    init(_ read: (UInt64, Int) throws -> [UInt8]) throws {
        let start = try read(0, 32)
        let size: (width: Int, height: Int)?
        if start.starts(with: [0xFF, 0xD8, 0xFF]) {
            (kind, size) = (.jpeg, try Self.sizeOfJPEG(read))
        } else if start.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
            (kind, size) = (.png, Self.sizeOfPNG(start))
        } else if start.starts(with: "RIFF".utf8), start.dropFirst(8).starts(with: "WEBP".utf8) {
            (kind, size) = (.webP, Self.sizeOfWebP(start))
        } else if start.dropFirst(4).starts(with: "ftyp".utf8) {
            guard try Self.isHEIC(read) else { throw NotPicture.unknownKind }
            (kind, size) = (.heic, try Self.sizeOfHEIC(read))
        } else {
            throw NotPicture.unknownKind
        }
        guard let size, size.width > 0, size.height > 0 else { throw NotPicture.broken }
        (width, height) = size
    }

    /// Throws ``NotPicture`` when no video can be made from it, or it costs too much to be decoded.
    func judge() throws(NotPicture) {
        let (least, most) = (min(width, height), max(width, height))
        guard least >= NotPicture.leastSide else { throw .tooSmall }
        guard most <= least * NotPicture.largestRatio else { throw .tooLong }
        let points = kind == .heic ? NotPicture.maxHEICPoints : NotPicture.maxPoints
        guard most <= NotPicture.largestSide, width * height <= points else {
            throw .tooManyPoints
        }
    }

    // MARK: - Kinds

    /// ISO/IEC 10918-1 B.1 and B.2: the first frame's head, behind segments of metadata.
    private static func sizeOfJPEG(
        _ read: (UInt64, Int) throws -> [UInt8]
    ) throws -> (Int, Int)? {
        var offset: UInt64 = 2
        for _ in 0..<1000 {
            let bytes = try read(offset, 9)
            guard bytes.count == 9, bytes[0] == 0xFF else { return nil }
            switch bytes[1] {
            case 0xFF:
                offset += 1
            case 0xC0...0xCF where ![0xC4, 0xC8, 0xCC].contains(bytes[1]):
                return (big(bytes[7..<9]), big(bytes[5..<7]))
            // What has no length, or stands behind the frame's head.
            case 0x00...0x01, 0xD0...0xDA:
                return nil
            default:
                let length = big(bytes[2..<4])
                guard length >= 2 else { return nil }
                offset += 2 + UInt64(length)
            }
        }
        return nil
    }

    /// PNG (ISO/IEC 15948), 11.2.2.
    private static func sizeOfPNG(_ start: [UInt8]) -> (Int, Int)? {
        guard start.count >= 24, start[8..<16].elementsEqual([0, 0, 0, 13] + "IHDR".utf8) else {
            return nil
        }
        return (big(start[16..<20]), big(start[20..<24]))
    }

    /// RFC 9649 2.5 to 2.7.
    private static func sizeOfWebP(_ start: [UInt8]) -> (Int, Int)? {
        guard start.count >= 30 else { return nil }
        switch String(decoding: start[12..<16], as: UTF8.self) {
        case "VP8 ":
            guard start[23..<26].elementsEqual([0x9D, 0x01, 0x2A]) else { return nil }
            return (little(start[26..<28]) & 0x3FFF, little(start[28..<30]) & 0x3FFF)
        case "VP8L":
            guard start[20] == 0x2F else { return nil }
            let bits = little(start[21..<25])
            return (bits & 0x3FFF + 1, bits >> 14 & 0x3FFF + 1)
        case "VP8X":
            return (little(start[24..<27]) + 1, little(start[27..<30]) + 1)
        default:
            return nil
        }
    }

    // MARK: - HEIC

    private static let brands = ["heic", "heix", "heim", "heis"]
    private static let maxIndexBytes = 1 << 20

    /// ISO/IEC 23008-12 B.4.1: the brands of pictures that HEVC has coded.
    private static func isHEIC(_ read: (UInt64, Int) throws -> [UInt8]) throws -> Bool {
        let head = try read(0, 4)
        let type = try read(0, min(big(head[...]), 256))
        guard type.count >= 16 else { return false }
        let named = stride(from: 8, to: type.count - 3, by: 4).filter { $0 != 12 }
        return named.contains {
            brands.contains(String(decoding: type[$0..<$0 + 4], as: UTF8.self))
        }
    }

    /// The largest of the sizes that the file's properties name (`ispe`): the whole picture's, not
    /// one of its tiles'.
    private static func sizeOfHEIC(
        _ read: (UInt64, Int) throws -> [UInt8]
    ) throws -> (Int, Int)? {
        var offset: UInt64 = 0
        for _ in 0..<100 {
            let head = try read(offset, 8)
            guard head.count == 8 else { return nil }
            let size = big(head[..<4])
            guard size >= 8 else { return nil }
            if head[4...].elementsEqual("meta".utf8) {
                guard size <= maxIndexBytes else { return nil }
                let meta = try read(offset + 12, size - 12)
                guard let properties = box("iprp", in: meta[...]),
                    let list = box("ipco", in: properties)
                else { return nil }
                return largestSize(in: list)
            }
            offset += UInt64(size)
        }
        return nil
    }

    private static func largestSize(in list: ArraySlice<UInt8>) -> (Int, Int)? {
        var rest = list
        var largest: (Int, Int)?
        while let (type, content, behind) = firstBox(in: rest) {
            if type == "ispe", content.count == 12 {
                let start = content.startIndex
                let size = (
                    big(content[start + 4..<start + 8]), big(content[start + 8..<start + 12])
                )
                // Each is of 32 bits, so their product fits.
                if size.0 * size.1 >= largest.map({ $0.0 * $0.1 }) ?? 0 { largest = size }
            }
            rest = behind
        }
        return largest
    }

    private static func box(_ wanted: String, in bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        var rest = bytes
        while let (type, content, behind) = firstBox(in: rest) {
            if type == wanted { return content }
            rest = behind
        }
        return nil
    }

    private static func firstBox(
        in bytes: ArraySlice<UInt8>
    ) -> (type: String, content: ArraySlice<UInt8>, behind: ArraySlice<UInt8>)? {
        guard bytes.count >= 8 else { return nil }
        let start = bytes.startIndex
        let size = big(bytes[start..<start + 4])
        guard size >= 8, size <= bytes.count else { return nil }
        return (
            String(decoding: bytes[start + 4..<start + 8], as: UTF8.self),
            bytes[start + 8..<start + size], bytes[(start + size)...]
        )
    }

    // MARK: - Numbers

    /// Of four bytes at most.
    private static func big(_ bytes: ArraySlice<UInt8>) -> Int {
        bytes.reduce(0) { $0 << 8 | Int($1) }
    }

    private static func little(_ bytes: ArraySlice<UInt8>) -> Int {
        bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
    }
}
