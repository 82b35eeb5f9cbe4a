import Domain
import FoundationEssentials
import PictureSupport
import System
import Testing

@testable import Media

@Suite struct `Pictures that come` {
    private func made(_ bytes: [UInt8]) throws -> Picture {
        try Pictures.inFolder { folder in
            let path = "\(folder)/picture"
            try Data(bytes).write(to: URL(filePath: path))
            return try Picture(at: path)
        }
    }

    @Test(arguments: ["jpg", "png", "webp", "heic"])
    func `each kind that is taken becomes a JPEG of its size`(ending: String) throws {
        let picture = try made(Pictures.make(ending, width: 640, height: 480))
        #expect(picture.bytes.starts(with: [0xFF, 0xD8, 0xFF]))
        #expect((picture.facts.width, picture.facts.height) == (640, 480))
        #expect(picture.facts.sizeBytes == picture.bytes.count)
    }

    @Test func `a large one is made smaller, and keeps its shape`() throws {
        let picture = try made(Pictures.make("jpg", width: 4000, height: 3000))
        #expect((picture.facts.width, picture.facts.height) == (2048, 1536))
    }

    @Test func `one that lies on its side is turned as its metadata says`() throws {
        let upright = try Pictures.make("jpg", width: 640, height: 320)
        // An EXIF block with the orientation 6 alone.
        let exif: [UInt8] =
            [0xFF, 0xE1, 0, 34] + Array("Exif".utf8) + [0, 0, 0x49, 0x49, 0x2A, 0, 8, 0, 0, 0]
            + [1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0]
        let picture = try made(Array(upright[..<2]) + exif + Array(upright[2...]))
        #expect((picture.facts.width, picture.facts.height) == (320, 640))
    }

    @Test func `the same file is the same picture`() throws {
        let bytes = try Pictures.make("png")
        #expect(try made(bytes).facts == made(bytes).facts)
    }

    @Test(arguments: [
        (299, 600, NotPicture.tooSmall), (1204, 300, .tooLong), (12_001, 4000, .tooManyPoints),
        (10_000, 5001, .tooManyPoints),
    ])
    func `a size that cannot be used is refused by its head`(
        width: Int, height: Int, problem: NotPicture
    ) throws {
        let bytes =
            [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13] + Array("IHDR".utf8)
            + [width, height].flatMap { n in [24, 16, 8, 0].map { UInt8(n >> $0 & 0xFF) } }
        let head = try PictureHead { _, count in Array(bytes.prefix(count)) }
        #expect((head.width, head.height) == (width, height))
        #expect(throws: problem) { try head.judge() }
    }

    /// What each may cost is bounded by the program's limits; here it is measured.
    @Test func `hostile files are refused or made clean, at a bounded cost`() throws {
        let mark = Array("rushes')</script>".utf8)
        let files = try Pictures.hostile()
        #expect(files.count >= 60)
        var (slowest, largest) = (Duration.zero, 0)
        for (name, bytes) in files {
            try Pictures.inFolder { folder in
                let path = "\(folder)/picture"
                try Data(bytes).write(to: URL(filePath: path))
                let picture = try? Picture(at: path)
                if name.hasPrefix("clean-") {
                    let clean = try #require(picture, "\(name)")
                    #expect(bytes.contains(mark), "\(name)")
                    #expect(!clean.bytes.contains(mark), "\(name)")
                } else if bytes.count <= NotPicture.maxBytes {
                    #expect(picture == nil, "\(name)")
                }
                // Also of those that its head refuses, should a head ever lie well enough.
                let usage = try usage(of: path, in: folder)
                slowest = max(slowest, usage.processor)
                largest = max(largest, usage.memoryBytes)
                #expect(usage.processor <= .seconds(2.1), "\(name)")
                #expect(usage.memoryBytes <= 256 << 20, "\(name)")
            }
        }
        print(
            "hostile pictures: \(files.count), at most \(slowest) of processor,", largest >> 20,
            "MB")
    }

    /// What the program takes for a file. A small process starts it and tells: ours would hand on the
    /// most memory that it had itself, as a process's before it is another program.
    private func usage(
        of file: String, in folder: String
    ) throws -> (processor: Duration, memoryBytes: Int) {
        let script = """
            import resource, subprocess, sys
            subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            used = resource.getrusage(resource.RUSAGE_CHILDREN)
            print(int((used.ru_utime + used.ru_stime) * 1000), used.ru_maxrss)
            """
        let result = try Command.run(
            "python3", ["-c", script, "env"] + PictureTools.arguments(for: file),
            timeout: .seconds(20), outputLimit: 100, in: folder, limits: PictureTools.limits)
        let numbers = String(decoding: result.output, as: UTF8.self)
            .split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
        try #require(numbers.count == 2, "\(result)")
        return (.milliseconds(numbers[0]), numbers[1] << 10)
    }

    @Test func `what is refused by its head is shown to no program`() throws {
        for kind in ["<svg/>", "GIF89a", "%PDF-1.7", "push graphic-context", "BM", ""] {
            #expect(throws: NotPicture.unknownKind) { try made(Array(kind.utf8)) }
        }
    }

    @Test func `what was never judged goes after an hour`() throws {
        try Pictures.inFolder { folder in
            let storage = Storage(folder: folder)
            let incoming = try storage.incoming()
            for (name, age) in [("old", 3700.0), ("new", 10)] {
                let path = "\(incoming)/\(name)"
                try Data([1]).write(to: URL(filePath: path))
                try FileManager.default.setAttributes(
                    [.modificationDate: Date(timeIntervalSinceNow: -age)], ofItemAtPath: path)
            }
            try storage.removeOldIncoming()
            #expect(try FileManager.default.contentsOfDirectory(atPath: incoming) == ["new"])
        }
    }
}

extension [UInt8] {
    fileprivate func contains(_ pattern: [UInt8]) -> Bool {
        guard count >= pattern.count else { return false }
        return (0...(count - pattern.count)).contains { self[$0...].starts(with: pattern) }
    }
}
