import FoundationEssentials
import JSON
import System
import Testing

@testable import Sandbox

struct VideoMakerTests {
    private func order(
        _ prompt: String, seconds: Int = 5, ratio: String = "16:9", resolution: String = "480p",
        image: String? = nil
    ) throws -> VideoOrder {
        let model = try #require(PolloModel.at(brand: "pollo", name: "pollo-v1-6", isV1: false))
        var members: [String: JSONValue] = [
            "prompt": .string(prompt), "length": .integer(Int64(seconds)),
            "resolution": .string(resolution),
        ]
        // With a picture the shape follows it, and the field does not exist.
        members[image == nil ? "aspectRatio" : "image"] = .string(image ?? ratio)
        return VideoOrder(
            try PolloInput(
                members, for: model, isV1: false, uploadsURL: "http://localhost/uploads/"))
    }

    @Test func `a file is playable H.264 of the right length and shape, whatever the prompt`()
        throws
    {
        let folder = "/tmp/rushes video's: [\(UUID().uuidString)], 50%;"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let order = try order("it's: a %{fox} \\ [x]; 100% – 狐 🦊\n\"quoted\"", ratio: "9:16")
        let path = "\(folder)/\(order.fileName)"
        try VideoMaker.make(order, picture: nil, path)
        #expect(try facts(path) == "h264,480,854,yuv420p\n5.000000\n")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [order.fileName])
    }

    /// Codec, width, height and colours of a file, and its length.
    private func facts(_ path: String) throws -> String {
        let probe = try Command.run(
            "ffprobe",
            [
                "-v", "error", "-show_entries",
                "stream=codec_name,width,height,pix_fmt:format=duration", "-of", "csv=p=0", path,
            ], timeout: .seconds(20), outputLimit: 1000)
        return String(decoding: probe.output, as: UTF8.self)
    }

    @Test func `a video from a picture has the picture's shape`() throws {
        let folder = "/tmp/rushes-video-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let picture = "\(folder)/a.picture"
        let made = try Command.run(
            "ffmpeg",
            [
                "-v", "error", "-f", "lavfi", "-i", "testsrc=s=300x401", "-frames:v", "1", "-f",
                "image2", "-c:v", "png", picture,
            ],
            timeout: .seconds(20), outputLimit: 1000)
        try #require(made.isSuccess)
        let order = try order("a fox", image: "https://shop.example/a.png")
        try VideoMaker.make(order, picture: picture, "\(folder)/a.mp4")
        #expect(try facts("\(folder)/a.mp4") == "h264,480,642,yuv420p\n5.000000\n")

        try Data("no picture".utf8).write(to: URL(filePath: picture))
        #expect(throws: VideoFailure.self) {
            try VideoMaker.make(order, picture: picture, "\(folder)/b.mp4")
        }
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
                == ["a.mp4", "a.picture"])
    }

    @Test(arguments: [
        ("16:9", "480p", 854, 480), ("9:16", "480p", 480, 854), ("1:1", "480p", 480, 480),
        ("4:3", "480p", 640, 480), ("3:4", "480p", 480, 640), ("16:9", "720p", 1280, 720),
        ("16:9", "1080p", 1920, 1080),
    ])
    func `the shape is that of the order`(
        ratio: String, resolution: String, width: Int, height: Int
    ) throws {
        let size = try order("a fox", ratio: ratio, resolution: resolution).size()
        #expect(size == (width, height))
    }

    @Test func `one input has one file, another input another`() throws {
        let fox = try order("a fox")
        #expect(try order("a fox").fileName == fox.fileName)
        let others = [
            try order("a dog"), try order("a fox", seconds: 10), try order("a fox", ratio: "1:1"),
        ]
        #expect(Set(others.map(\.fileName) + [fox.fileName]).count == 4)
    }

    @Test func `a long prompt is broken into lines that fit`() throws {
        let prompt =
            "word " + String(repeating: "x", count: 200) + String(repeating: " word", count: 150)
        let lines = VideoMaker.lines(of: prompt, in: (854, 480)).split(separator: "\n")
        // 854 points, less a margin of 26 on either side, at 0.6 times 26 points a letter.
        #expect(lines.allSatisfy { $0.count <= 51 })
        #expect(lines.count <= 10)
        #expect(lines[0] == "word")
        #expect(VideoMaker.lines(of: "a fox", in: (854, 480)) == "a fox")
    }
}
