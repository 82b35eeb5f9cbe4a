import FoundationEssentials
import JSON
import MediaSupport
import System
import Testing

@testable import Media

@Suite struct `What rushes-probe finds` {
    /// Of what it says of the sample, with changes; nil takes a member away.
    private func facts(_ changes: [(String, JSONValue?)] = []) throws -> MovieFacts {
        var probe: [String: JSONValue] = [
            "codec": .string("h264"), "width": .integer(960), "height": .integer(540),
            "milliseconds": .integer(6012), "trackMilliseconds": .integer(6000),
            "announcedPictures": .integer(144), "pictures": .integer(144),
        ]
        for (name, value) in changes { probe[name] = value }
        return try MovieFacts(probe: .object(probe))
    }

    @Test func `a video as it is sold is taken`() throws {
        let facts = try facts()
        #expect((facts.width, facts.height, facts.milliseconds) == (960, 540, 6012))
        #expect(
            try self.facts([("announcedPictures", nil), ("trackMilliseconds", nil)]) == facts)
        #expect(
            try self.facts([("width", .integer(2160)), ("height", .integer(3840))]).width == 2160)
    }

    @Test(
        arguments: [
            ("codec", .string("png")), ("codec", .string("mjpeg")), ("codec", nil),
            ("width", .integer(0)), ("width", .integer(-960)), ("width", .integer(16_000)),
            ("width", .integer(.max)), ("width", nil), ("height", .integer(15)),
            ("height", .integer(4097)), ("height", .string("540")),
            ("milliseconds", .integer(0)), ("milliseconds", .integer(-1)), ("milliseconds", nil),
            ("milliseconds", .integer(4_294_967_295)), ("milliseconds", .integer(.max)),
            ("milliseconds", .integer(.min)), ("milliseconds", .string("6000")),
            ("trackMilliseconds", .integer(4_294_967_295)),
            ("trackMilliseconds", .integer(.min)), ("trackMilliseconds", .integer(0)),
            ("pictures", .integer(0)), ("pictures", .integer(-5)), ("pictures", .integer(143)),
            ("pictures", .integer(99_999_999)), ("pictures", .integer(.max)), ("pictures", nil),
            ("announcedPictures", .integer(145)),
        ] as [(String, JSONValue?)])
    func `a number out of range is no video of ours`(name: String, value: JSONValue?) {
        #expect(throws: NotStored.self) { try facts([(name, value)]) }
    }

    @Test func `each side may be long, but not both`() {
        #expect(throws: NotStored.self) {
            try facts([("width", .integer(4096)), ("height", .integer(4096))])
        }
    }
}

@Suite struct `Programs for foreign files` {
    /// Runs `body` with the path of a file that holds `bytes`.
    private func with(_ bytes: [UInt8], _ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "rushes-movie-\(UUID())").path
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data(SampleMovie.bytes).write(to: URL(filePath: "\(folder)/secret.mp4"))
        try Data(bytes).write(to: URL(filePath: "\(folder)/video.mp4"))
        try body("\(folder)/video.mp4")
    }

    /// A movie made by ffmpeg.
    private func movie(_ arguments: String..., form: String = "mov") throws -> [UInt8] {
        try movie(arguments, form: form)
    }

    private func movie(_ arguments: [String], form: String = "mov") throws -> [UInt8] {
        let result = try Command.run(
            "ffmpeg",
            ["-v", "error", "-nostdin", "-threads", "1"] + arguments
                + ["-f", form, "-movflags", "frag_keyframe+empty_moov", "pipe:1"],
            timeout: .seconds(60), outputLimit: 64 << 20)
        try #require(
            result.isSuccess, "\(String(decoding: result.errorOutput.suffix(300), as: UTF8.self))")
        return result.output
    }

    private func facts(of path: String) throws -> MovieFacts {
        try MovieFacts(probe: MovieTools.look(at: path).facts)
    }

    @Test func `the sample has facts and a poster`() throws {
        try with(SampleMovie.bytes) { path in
            let finding = try MovieTools.look(at: path)
            let facts = try MovieFacts(probe: finding.facts)
            #expect((facts.width, facts.height, facts.milliseconds) == (960, 540, 6000))
            let poster = try #require(finding.poster)
            #expect(poster.starts(with: [0xFF, 0xD8]) && poster.suffix(2) == [0xFF, 0xD9])
        }
    }

    @Test(
        arguments: [
            ("h264", ["libx264", "-bf", "2"]), ("hevc", ["libx265"]),
            ("vp9", ["libvpx-vp9", "-deadline", "realtime"]),
            ("av1", ["libaom-av1", "-cpu-used", "8"]),
            ("h264", ["libx264", "-pix_fmt", "yuv444p"]),
            ("hevc", ["libx265", "-pix_fmt", "yuv420p10le"]),
        ])
    func `what browsers play has facts and a poster`(codec: String, encoder: [String]) throws {
        let bytes = try movie(
            ["-f", "lavfi", "-i", "testsrc=s=320x182:r=10:d=1", "-c:v"] + encoder, form: "mp4")
        try with(bytes) { path in
            let finding = try MovieTools.look(at: path)
            #expect(finding.facts["codec"]?.string == codec)
            let facts = try MovieFacts(probe: finding.facts)
            #expect((facts.width, facts.height, facts.milliseconds) == (320, 182, 1000))
            #expect(finding.facts["pictures"]?.integer == 10)
            #expect(finding.poster?.starts(with: [0xFF, 0xD8]) == true)
        }
    }

    @Test(arguments: [("aac", true), ("libmp3lame", true), ("libopus", true), ("ac3", false)])
    func `sound that browsers play is let through, and no other`(
        encoder: String, isTaken: Bool
    ) throws {
        let bytes = try movie(
            "-f", "lavfi", "-i", "testsrc=s=320x182:r=10:d=1", "-f", "lavfi", "-i",
            "sine=sample_rate=48000:duration=1", "-c:v", "libx264", "-c:a", encoder, "-strict",
            "-2",
            form: encoder == "libopus" ? "mp4" : "mov")
        try with(bytes) { path in
            #expect(((try? MovieTools.look(at: path)) != nil) == isTaken)
        }
    }

    @Test func `a picture of the largest size is decoded within the limits`() throws {
        let bytes = try movie(
            "-f", "lavfi", "-i", "color=s=4096x2304:r=2:d=1", "-c:v", "libx264", "-preset",
            "ultrafast", "-pix_fmt", "yuv420p")
        try with(bytes) { path in
            let finding = try MovieTools.look(at: path)
            #expect(try MovieFacts(probe: finding.facts).width == 4096)
            #expect(finding.poster != nil)
        }
    }

    @Test(arguments: ["4112x64", "64x4112", "4096x2320"])
    func `a larger one is refused, whatever the file says of it`(size: String) throws {
        var bytes = try movie(
            "-f", "lavfi", "-i", "color=s=\(size):r=2:d=1", "-c:v", "libx264", "-preset",
            "ultrafast", "-pix_fmt", "yuv420p")
        try with(bytes) { path in
            #expect(throws: NotStored.self) { try facts(of: path) }
            // A side alone takes no memory; the number of points does, and those are not decoded.
            let finding = try? MovieTools.look(at: path)
            #expect((finding?.poster == nil) == (size == "4096x2320"))
        }
        // Width and height stand 32 bytes into the sample entry (ISO/IEC 14496-12, 12.1.3).
        let entry = try #require(bytes.firstRange(of: Array("avc1".utf8))).lowerBound
        bytes.replaceSubrange(entry + 28..<entry + 32, with: [0, 64, 0, 64])
        try with(bytes) { path in
            #expect(throws: NotStored.self) { try facts(of: path) }
        }
    }

    @Test func `pictures of another kind are not decoded at all`() throws {
        var bytes = try movie(
            "-f", "lavfi", "-i", "color=s=64x64:r=2:d=1", "-c:v", "png", "-pix_fmt", "rgb24")
        // 16000 x 16000, in the head of each picture.
        let side: [UInt8] = [0, 0, 0x3E, 0x80]
        for range in bytes.ranges(of: Array("IHDR".utf8)) {
            bytes.replaceSubrange(range.upperBound..<range.upperBound + 8, with: side + side)
        }
        try with(bytes) { path in
            #expect(throws: NotStored.self) { try MovieTools.look(at: path) }
        }
    }

    @Test(arguments: [
        "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\nsecret.mp4\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile secret.mp4\n",
        """
        <MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT6S"
        profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"><Period><AdaptationSet
        contentType="video"><Representation id="1" mimeType="video/mp4" codecs="avc1.64001f"
        bandwidth="1"><BaseURL>secret.mp4</BaseURL></Representation></AdaptationSet></Period></MPD>
        """,
    ])
    func `a list of other files shows none of them`(text: String) throws {
        // Alone, and as the beginning of a movie.
        for bytes in [Array(text.utf8), Array(text.utf8) + SampleMovie.bytes] {
            try with(bytes) { path in
                #expect(throws: NotStored.self) { try MovieTools.look(at: path) }
            }
        }
    }

    @Test func `a movie whose clock is wrong is refused`() throws {
        var bytes = SampleMovie.bytes
        let header = try #require(bytes.firstRange(of: Array("mvhd".utf8))).upperBound
        bytes.replaceSubrange(header + 16..<header + 20, with: [0xFF, 0xFF, 0xFF, 0xFE])
        let track = try #require(bytes.firstRange(of: Array("mdhd".utf8))).upperBound
        bytes.replaceSubrange(track + 16..<track + 20, with: [0xFF, 0xFF, 0xFF, 0xFE])
        try with(bytes) { path in
            #expect(throws: NotStored.self) { try facts(of: path) }
        }
    }
}
