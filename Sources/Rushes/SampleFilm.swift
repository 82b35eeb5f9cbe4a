import Domain
import Media
import System

/// A moving picture in two colours.
struct SampleFilm {
    let seconds: Int
    let colors: (String, String)

    /// Makes it, in the place of the finished file.
    func render(as id: VideoID, in media: Storage) throws -> VideoFile {
        try media.adopt(id) { path in
            let source =
                "gradients=s=854x480:d=\(seconds):r=24:c0=\(colors.0):c1=\(colors.1):n=2:speed=0.02"
            let result = try Command.run(
                "ffmpeg",
                [
                    "-v", "error", "-y", "-f", "lavfi", "-i", source, "-preset", "ultrafast",
                    "-crf", "30", "-pix_fmt", "yuv420p", "-movflags", "+faststart", "-f", "mp4",
                    "file:\(path)",
                ], timeout: .seconds(60), outputLimit: 4096)
            guard result.isSuccess else {
                throw Refusal(
                    "ffmpeg failed: \(String(decoding: result.errorOutput, as: UTF8.self))")
            }
        }
    }
}
