import FoundationEssentials
import Sodium
import System

/// A video as its file knows it. Two orders that agree in these share one file.
struct VideoOrder: Equatable, Sendable {
    let prompt: String
    let seconds: Int
    let width: Int
    let height: Int

    init(_ input: PolloInput) {
        prompt = input.prompt
        seconds = input.seconds
        let short =
            switch input.resolution {
            case "1080p": 1080
            case "720p": 720
            default: 480
            }
        // H.264 wants even sides.
        func side(_ numerator: Int, _ denominator: Int) -> Int {
            (short * numerator / denominator + 1) / 2 * 2
        }
        (width, height) =
            switch input.aspectRatio {
            case "9:16": (short, side(16, 9))
            case "1:1": (short, short)
            case "4:3": (side(4, 3), short)
            case "3:4": (short, side(4, 3))
            case "21:9": (side(21, 9), short)
            default: (side(16, 9), short)
            }
    }

    private var hash: [UInt8] {
        SHA256.hash(Array("\(width)x\(height) \(seconds) \(prompt)".utf8))
    }

    /// 32 digits and `.mp4`.
    var fileName: String { Hex.encode(Array(hash.prefix(16))) + ".mp4" }

    /// Colours that are the prompt's own: three of `0x1f2e3d`, none too bright for white text.
    var colours: [String] {
        let bytes = hash.map { $0 / 2 }
        return [0, 3, 6].map { "0x" + Hex.encode(Array(bytes[$0..<$0 + 3])) }
    }
}

/// Makes playable H.264 files by ffmpeg: moving colours, the prompt, a running time code.
enum VideoMaker {
    /// Writes the file at `path`, whole or not at all. Takes a second or two of one core for five
    /// seconds of 480p.
    @Sendable
    static func make(_ video: VideoOrder, _ path: String) throws {
        let textPath = path + ".txt"
        let partPath = path + ".part"
        // The text is drawn from a file, so that nothing in it means anything to ffmpeg.
        try Data(lines(of: video).utf8).write(to: URL(filePath: textPath))
        defer {
            try? FileManager.default.removeItem(atPath: textPath)
            try? FileManager.default.removeItem(atPath: partPath)
        }
        let result = try Command.run(
            "ffmpeg", arguments(video, textPath, partPath), timeout: .seconds(120),
            outputLimit: 4096)
        guard result.isSuccess else { throw VideoFailure(result) }
        try FileManager.default.moveItem(atPath: partPath, toPath: path)
    }

    private static func arguments(
        _ video: VideoOrder, _ textPath: String, _ output: String
    ) -> [String] {
        let (a, b, c) = (video.colours[0], video.colours[1], video.colours[2])
        let source =
            "gradients=s=\(video.width)x\(video.height):r=25:d=\(video.seconds):nb_colors=3"
            + ":c0=\(a):c1=\(b):c2=\(c):speed=0.02:seed=1"
        let size = fontSize(of: video)
        let look = "fontcolor=white:shadowcolor=black@0.6:shadowx=2:shadowy=2"
        let prompt =
            "drawtext=textfile=\(escaped(textPath)):expansion=none:fontsize=\(size)"
            + ":line_spacing=\(size / 3):x=\(size):y=\(size):\(look)"
        let time =
            "drawtext=text='%{pts\\:hms}':fontsize=\(size):x=\(size):y=h-2*\(size):\(look)"
        return [
            "-nostdin", "-hide_banner", "-loglevel", "error", "-y", "-threads", "1",
            "-f", "lavfi", "-i", source, "-vf", "\(prompt),\(time)",
            "-c:v", "libx264", "-preset", "ultrafast", "-crf", "30", "-pix_fmt", "yuv420p",
            "-movflags", "+faststart", "-an", "-f", "mp4", output,
        ]
    }

    private static func fontSize(of video: VideoOrder) -> Int {
        min(video.width, video.height) / 18
    }

    /// The prompt in lines that fit, and no more of them than the picture has room for.
    static func lines(of video: VideoOrder) -> String {
        let size = fontSize(of: video)
        // DejaVu Sans is about 0.6 of its size wide.
        let columns = max(8, (video.width - 2 * size) * 10 / (size * 6))
        let rows = max(1, (video.height - 5 * size) * 3 / (size * 5))
        var lines = [""]
        for word in video.prompt.split(whereSeparator: \.isWhitespace) {
            var rest = word[...]
            while !rest.isEmpty {
                let line = lines[lines.count - 1]
                let room = columns - line.count - (line.isEmpty ? 0 : 1)
                if rest.count <= room {
                    lines[lines.count - 1] = line.isEmpty ? String(rest) : "\(line) \(rest)"
                    rest = ""
                } else if line.isEmpty {
                    lines[lines.count - 1] = String(rest.prefix(columns))
                    rest = rest.dropFirst(columns)
                } else {
                    lines.append("")
                }
            }
        }
        return lines.prefix(rows).joined(separator: "\n")
    }

    /// A value inside a filter inside a graph: two levels, each with characters of its own
    /// (ffmpeg-filters(1), "Notes on filtergraph escaping").
    static func escaped(_ value: String) -> String {
        func escape(_ text: String, _ special: String) -> String {
            String(text.flatMap { special.contains($0) ? ["\\", $0] : [$0] })
        }
        return escape(escape(value, "\\':"), "\\'[],;")
    }
}

struct VideoFailure: Error, CustomStringConvertible {
    let description: String

    init(_ result: CommandResult) {
        description = "ffmpeg: " + String(decoding: result.errorOutput, as: UTF8.self).trimmed
    }
}
