import FoundationEssentials
import JSON
import System
import Testing

@testable import Sandbox

struct VideoMakerTests {
    private func order(
        _ prompt: String, seconds: Int = 5, ratio: String = "16:9", resolution: String = "480p"
    ) throws -> VideoOrder {
        let model = try #require(PolloModel.at(brand: "pollo", name: "pollo-v1-6", isV1: false))
        return VideoOrder(
            try PolloInput(
                [
                    "prompt": .string(prompt), "length": .integer(Int64(seconds)),
                    "aspectRatio": .string(ratio), "resolution": .string(resolution),
                ], for: model, isV1: false, uploadsURL: "http://localhost/uploads/"))
    }

    @Test func `a file is playable H.264 of the right length and shape, whatever the prompt`()
        throws
    {
        let folder = "/tmp/rushes video's: [\(UUID().uuidString)], 50%;"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let order = try order("it's: a %{fox} \\ [x]; 100% – 狐 🦊\n\"quoted\"", ratio: "9:16")
        let path = "\(folder)/\(order.fileName)"
        try VideoMaker.make(order, path)
        let probe = try Command.run(
            "ffprobe",
            [
                "-v", "error", "-show_entries",
                "stream=codec_name,width,height,pix_fmt:format=duration", "-of", "csv=p=0", path,
            ], timeout: .seconds(20), outputLimit: 1000)
        #expect(
            String(decoding: probe.output, as: UTF8.self) == "h264,480,854,yuv420p\n5.000000\n")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [order.fileName])
    }

    @Test func `a failure says why and leaves nothing`() throws {
        let error = #expect(throws: (any Error).self) {
            try VideoMaker.make(try order("a fox"), "/nonexistent/a.mp4")
        }
        #expect(error != nil)
    }

    @Test(arguments: [
        ("16:9", "480p", 854, 480), ("9:16", "480p", 480, 854), ("1:1", "480p", 480, 480),
        ("4:3", "480p", 640, 480), ("3:4", "480p", 480, 640), ("16:9", "720p", 1280, 720),
        ("16:9", "1080p", 1920, 1080),
    ])
    func `the shape is that of the order`(
        ratio: String, resolution: String, width: Int, height: Int
    ) throws {
        let order = try order("a fox", ratio: ratio, resolution: resolution)
        #expect(order.width == width)
        #expect(order.height == height)
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
        let order = try order(
            "word " + String(repeating: "x", count: 200) + String(repeating: " word", count: 150))
        let lines = VideoMaker.lines(of: order).split(separator: "\n")
        // 854 points, less a margin of 26 on either side, at 0.6 times 26 points a letter.
        #expect(lines.allSatisfy { $0.count <= 51 })
        #expect(lines.count <= 10)
        #expect(lines[0] == "word")
        #expect(VideoMaker.lines(of: try self.order("a fox")) == "a fox")
    }
}
