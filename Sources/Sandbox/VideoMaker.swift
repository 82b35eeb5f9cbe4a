import FoundationEssentials
import Sodium
import System

/// A video as its file knows it. Two orders that agree in these share one file.
struct VideoOrder: Equatable, Sendable {
    let prompt: String
    let seconds: Int
    let imageURL: String?
    /// Nil when the shape follows the picture.
    let aspectRatio: String?
    /// The shorter side in points.
    let shortSide: Int

    init(_ input: PolloInput) {
        prompt = input.prompt
        seconds = input.seconds
        imageURL = input.image
        aspectRatio = input.aspectRatio
        shortSide =
            switch input.resolution {
            case "1080p": 1080
            case "768p": 768
            case "720p": 720
            default: 480
            }
    }

    /// Width and height, for a picture of these sides. Even, as H.264 wants them.
    func size(picture: (width: Int, height: Int)? = nil) -> (width: Int, height: Int) {
        let ratio: (Int, Int)
        if let aspectRatio {
            let sides = aspectRatio.split(separator: ":").compactMap { Int($0) }
            ratio = sides.count == 2 ? (sides[0], sides[1]) : (16, 9)
        } else {
            ratio = picture.map { ($0.width, $0.height) } ?? (16, 9)
        }
        let (width, height) = ratio
        func side(_ numerator: Int, _ denominator: Int) -> Int {
            (shortSide * numerator / denominator + 1) / 2 * 2
        }
        return width >= height
            ? (side(width, height), shortSide) : (shortSide, side(height, width))
    }

    private var hash: [UInt8] {
        let parts = [
            "\(shortSide)", aspectRatio ?? "", "\(seconds)", imageURL ?? "", prompt,
        ]
        return SHA256.hash(Array(parts.joined(separator: "\n").utf8))
    }

    /// 32 digits and `.mp4`.
    var fileName: String { Hex.encode(Array(hash.prefix(16))) + ".mp4" }

    /// Colours that are the prompt's own: three of `0x1f2e3d`, none too bright for white text.
    var colours: [String] {
        let bytes = hash.map { $0 / 2 }
        return [0, 3, 6].map { "0x" + Hex.encode(Array(bytes[$0..<$0 + 3])) }
    }
}

/// Makes playable H.264 files by ffmpeg: moving colours or the picture, the prompt, a running time
/// code.
enum VideoMaker {
    private static let framesPerSecond = 25

    /// Writes the file at `path`, whole or not at all. Takes a second or two of one core for five
    /// seconds of 480p.
    @Sendable
    static func make(_ video: VideoOrder, picture: String?, _ path: String) throws {
        let textPath = path + ".txt"
        let partPath = path + ".part"
        let size = video.size(picture: try picture.map(sides))
        // The text is drawn from a file, so that nothing in it means anything to ffmpeg.
        try Data(lines(of: video.prompt, in: size).utf8).write(to: URL(filePath: textPath))
        defer {
            try? FileManager.default.removeItem(atPath: textPath)
            try? FileManager.default.removeItem(atPath: partPath)
        }
        let source =
            try picture.map { try fromPicture($0, video, size) } ?? fromColours(video, size)
        let arguments =
            ["-nostdin", "-hide_banner", "-loglevel", "error", "-y", "-threads", "1"]
            + source.input
            + ["-vf", (source.filters + words(textPath, size)).joined(separator: ",")]
            + ["-t", "\(video.seconds)", "-r", "\(framesPerSecond)"]
            + ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "30", "-pix_fmt", "yuv420p"]
            + ["-movflags", "+faststart", "-an", "-f", "mp4", partPath]
        let result = try Command.run(
            "ffmpeg", arguments, timeout: .seconds(120), outputLimit: 4096)
        guard result.isSuccess else { throw VideoFailure(result) }
        try FileManager.default.moveItem(atPath: partPath, toPath: path)
    }

    private typealias Source = (input: [String], filters: [String])

    private static func fromColours(
        _ video: VideoOrder, _ size: (width: Int, height: Int)
    ) -> Source {
        let colours = video.colours.enumerated().map { ":c\($0)=\($1)" }.joined()
        let graph =
            "gradients=s=\(size.width)x\(size.height):r=\(framesPerSecond):d=\(video.seconds)"
            + ":nb_colors=3\(colours):speed=0.02:seed=1"
        return (["-f", "lavfi", "-i", graph], [])
    }

    /// The picture fills the frame, and comes slowly nearer.
    private static func fromPicture(
        _ picture: String, _ video: VideoOrder, _ size: (width: Int, height: Int)
    ) throws -> Source {
        let (width, height) = size
        // Twice the size, or the slow movement would be seen to jump from point to point.
        let fill =
            "scale=\(2 * width):\(2 * height):force_original_aspect_ratio=increase"
            + ",crop=\(2 * width):\(2 * height)"
        let zoom =
            "zoompan=z=1+0.0012*on:x=iw/2-iw/zoom/2:y=ih/2-ih/zoom/2:d=1"
            + ":s=\(width)x\(height):fps=\(framesPerSecond)"
        let input = try ["-loop", "1", "-framerate", "\(framesPerSecond)"] + open(picture)
        return (input, [fill, zoom])
    }

    private static func words(
        _ textPath: String, _ size: (width: Int, height: Int)
    ) -> [String] {
        let font = fontSize(in: size)
        let look =
            "fontsize=\(font):fontcolor=white:shadowcolor=black@0.6:shadowx=2:shadowy=2:x=\(font)"
        return [
            "drawtext=textfile=\(escaped(textPath)):expansion=none:line_spacing=\(font / 3)"
                + ":y=\(font):\(look)",
            "drawtext=text='%{pts\\:hms}':y=h-2*\(font):\(look)",
        ]
    }

    /// Opens a picture as what its first bytes say that it is, and nothing else: a list of other
    /// files would show them. Throws for a file that is neither PNG nor JPEG.
    private static func open(_ picture: String) throws -> [String] {
        let start = try OpenFile(path: picture).bytes(at: 0, count: 8)
        let format: String
        if start == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] {
            format = "png_pipe"
        } else if start.starts(with: [0xFF, 0xD8, 0xFF]) {
            format = "jpeg_pipe"
        } else {
            throw VideoFailure("this is no picture")
        }
        return ["-f", format, "-protocol_whitelist", "file", "-i", "file:\(picture)"]
    }

    /// The sides of a picture, or throws for a file that is none.
    private static func sides(of picture: String) throws -> (width: Int, height: Int) {
        let result = try Command.run(
            "ffprobe",
            [
                "-v", "error", "-select_streams", "v:0", "-show_entries", "stream=width,height",
                "-of", "csv=p=0",
            ] + open(picture), timeout: .seconds(20), outputLimit: 4096)
        let sides = String(decoding: result.output, as: UTF8.self).trimmed
            .split(separator: ",").compactMap { Int($0) }
        guard result.isSuccess, sides.count == 2, sides.allSatisfy({ $0 > 0 }) else {
            throw VideoFailure(result)
        }
        return (sides[0], sides[1])
    }

    private static func fontSize(in size: (width: Int, height: Int)) -> Int {
        min(size.width, size.height) / 18
    }

    /// The prompt in lines that fit, and no more of them than the picture has room for.
    static func lines(of prompt: String, in size: (width: Int, height: Int)) -> String {
        let font = fontSize(in: size)
        // DejaVu Sans is about 0.6 of its size wide.
        let columns = max(8, (size.width - 2 * font) * 10 / (font * 6))
        let rows = max(1, (size.height - 5 * font) * 3 / (font * 5))
        var lines = [""]
        for word in prompt.split(whereSeparator: \.isWhitespace) {
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

    init(_ description: String) {
        self.description = description
    }

    init(_ result: CommandResult) {
        description = "ffmpeg: " + String(decoding: result.errorOutput, as: UTF8.self).trimmed
    }
}
