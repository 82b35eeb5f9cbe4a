import MediaSupport
import Testing

@testable import Media

@Suite struct `The boxes of a movie file` {
    private func boxes(_ bytes: [UInt8]) throws -> [String] {
        try MovieBoxes(fileBytes: UInt64(bytes.count)) { offset, count in
            Array(bytes[Int(offset)...].prefix(count))
        }.boxes.map(\.type)
    }

    private static let head = box("ftyp", Array("isom".utf8) + [0, 0, 2, 0])
    private static let index = box("moov", [1, 2, 3])
    private static let pictures = box("mdat", [4, 5, 6])

    @Test func `the sample has them all`() throws {
        #expect(Set(try boxes(SampleMovie.bytes)).isSuperset(of: ["ftyp", "moov", "mdat"]))
    }

    private static func file(_ parts: [UInt8]...) -> [UInt8] { Array(parts.joined()) }

    private static func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

    private static let whole: [[UInt8]] = [
        file(head, index, pictures), file(head, pictures, index),
        file(head, box("free"), index, pictures, box("free", [0, 0])),
        file(head, index, largeBox("mdat", [1])),
        // The last one may leave its size open.
        file(head, index, box("mdat", [1, 2, 3], size: 0)),
        file(head, index, box("moof", [1]), pictures, box("moof", [1]), pictures, box("mfra")),
        file(head, box("uuid", zeros(1000)), index, pictures),
    ]

    @Test(arguments: whole)
    func `a file that they cover is taken`(bytes: [UInt8]) throws {
        #expect(try boxes(bytes).first == "ftyp")
    }

    private static let broken: [[UInt8]] = [
        [], [0], head, file(head, index), file(head, pictures), file(index, pictures),
        file(pictures, index, head), file(box("free"), head, index, pictures),
        // Something behind them, between them, or of them missing.
        file(head, index, pictures, [0]), file(head, index, pictures, zeros(8)),
        file(head, index, pictures, zeros(100_000)),
        file(head, index, pictures, Array("<html>and a page</html>".utf8)),
        file(head, zeros(4), index, pictures), file(head, index, box("mdat", [1], size: 100)),
        file(head, index, box("mdat")), file(head, index, index, pictures),
        file(head, head, index, pictures),
        // Sizes that are none.
        file(head, index, box("mdat", [1], size: 7)), file(head, index, box("mdat", [1], size: 2)),
        file(head, index, box("mdat", [1], size: .max)),
        file(head, index, largeBox("mdat", [1], size: 15)),
        file(head, index, largeBox("mdat", size: 0)),
        file(head, index, largeBox("mdat", [1], size: .max)),
        file(head, index, largeBox("mdat", [1], size: .max - 40)),
        file(head, index, Array(largeBox("mdat").prefix(12))),
        // An open size before the last one swallows the rest.
        file(head, box("free", size: 0), index, pictures),
        file(head, index, box("\u{1}dat", [1]), pictures),
        // A playlist, a manifest, a list of files.
        Array("#EXTM3U\nfile:///etc/passwd\n".utf8), Array("<?xml version='1.0'?><MPD/>".utf8),
        Array("ffconcat version 1.0\nfile other.mp4\n".utf8),
        // Padding that is most of the file.
        file(head, index, pictures, box("free", zeros(17 << 20))),
        file(head, index, pictures, box("zzzz", zeros(17 << 20))),
        // More boxes than a movie has.
        file(head, index, pictures, Array([[UInt8]](repeating: box("free"), count: 5000).joined())),
    ]

    @Test(arguments: broken.indices)
    func `what they do not cover exactly is refused`(index: Int) {
        #expect(throws: NotStored.self) { try boxes(Self.broken[index]) }
    }

    @Test func `only heads are read, whatever the size of the file`() throws {
        var read = 0
        let pictures = UInt64(1) << 40
        let movie = Self.head + Self.index + largeBox("mdat", size: pictures)
        let size = UInt64(Self.head.count + Self.index.count) + pictures
        let boxes = try MovieBoxes(fileBytes: size) { offset, count in
            read += count
            return Array(movie[Int(offset)...].prefix(count))
        }
        #expect(boxes.boxes.last?.sizeBytes == pictures)
        #expect(read == 48)
    }
}
