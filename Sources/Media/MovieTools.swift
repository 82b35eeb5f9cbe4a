import JSON
import System

/// ffprobe and ffmpeg, as they are run on files that came from elsewhere: one demuxer, which the
/// file does not choose, files alone, no other file, the decoders of ``MovieFacts`` alone, one
/// thread, bounded in memory, time, size and open files, in an empty folder.
enum MovieTools {
    /// A playlist or a manifest in a movie's clothes would otherwise be followed to other files.
    private static let input = [
        "-f", "mov", "-protocol_whitelist", "file", "-enable_drefs", "0", "-use_absolute_path", "0",
        "-codec_whitelist", (MovieFacts.codecs + MovieFacts.sounds).joined(separator: ","),
        "-max_pixels", "\(MovieFacts.maxPixels)", "-threads", "1",
    ]

    /// A picture of the largest size needs a seventh of the memory; the programs' libraries map
    /// 300 MB. They write into pipes alone.
    static let limits = CommandLimits(
        addressSpaceBytes: 1 << 30, processorSeconds: 15, fileBytes: 0, descriptors: 16)

    /// What ffprobe finds in the file.
    static func facts(of file: String) throws -> MovieFacts {
        let result = try run(
            "ffprobe",
            [
                "-v", "error", "-of", "json", "-select_streams", "V:0", "-count_packets",
                "-show_entries",
                "format=duration:stream=codec_name,width,height,duration,nb_frames,nb_read_packets",
            ] + input + ["file:\(file)"], outputLimit: 64 << 10)
        guard result.isSuccess, let json = try? JSONValue(parsing: result.output) else {
            let words = String(decoding: result.errorOutput.prefix(300), as: UTF8.self)
            throw NotStored("this is not a video: \(words)")
        }
        return try MovieFacts(probe: json)
    }

    /// A JPEG of the picture at half a second, at most 640 points wide and high. Nil when there is
    /// none; a video without one is still a video.
    static func poster(of file: String) -> [UInt8]? {
        let limit = 1 << 20
        let arguments =
            ["-v", "error", "-nostdin", "-ss", "0.5"] + input + ["-i", "file:\(file)"]
            + ["-map", "0:V:0", "-frames:v", "1", "-filter_threads", "1", "-threads", "1"]
            + ["-vf", "scale=w=640:h=640:force_original_aspect_ratio=decrease", "-q:v", "4"]
            + ["-f", "mjpeg", "pipe:1"]
        guard let result = try? run("ffmpeg", arguments, outputLimit: limit), result.isSuccess,
            !result.output.isEmpty, result.output.count < limit
        else { return nil }
        return result.output
    }

    private static func run(
        _ tool: String, _ arguments: [String], outputLimit: Int
    ) throws -> CommandResult {
        let folder = try TemporaryFolder()
        return try Command.run(
            tool, arguments, timeout: .seconds(30), outputLimit: outputLimit, in: folder.path,
            limits: limits)
    }
}
