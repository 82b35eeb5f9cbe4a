import Domain
import System

/// libvips as it is run on pictures that came from elsewhere: the readers alone that its authors
/// hold to be fit for strangers' files, one thread, bounded in memory, time and open files, in an
/// empty folder, writing into a pipe alone.
enum PictureTools {
    /// Each side of what is made. More than any video that is sold shows.
    static let largestSide = 2048
    /// A picture of the largest side at this quality has a third of it.
    private static let maxBytes = 8 << 20

    /// What the libraries map takes 400 MB of the address space; what they write to is bounded on
    /// its own, so that no picture takes more than 256 MB of memory.
    static let limits = CommandLimits(
        addressSpaceBytes: 1 << 30, processorSeconds: 2, fileBytes: 0, descriptors: 32,
        dataBytes: 224 << 20)

    /// A JPEG of the picture, turned as its metadata says, without any metadata, on white where it
    /// is transparent, in sRGB, made smaller where it is larger than ``largestSide``.
    ///
    /// Throws ``NotPicture`` when it cannot be decoded whole within the limits.
    static func jpeg(of file: String) throws -> [UInt8] {
        let result = try run(on: file)
        // 127: env has not found the program.
        guard result.ending != .exited(code: 127) else {
            throw SystemError("exec", code: 2, path: "vips")
        }
        let words = String(decoding: result.errorOutput.prefix(64 << 10), as: UTF8.self)
        if case .killed = result.ending { throw NotPicture.tooManyPoints }
        guard !words.contains(" memory") else { throw NotPicture.tooManyPoints }
        // It goes on behind a tile that it could not make, and behind the end of a JPEG's data.
        let isWhole = !words.contains("error in tile") && !words.contains("premature end of data")
        guard result.isSuccess, isWhole, !result.output.isEmpty, result.output.count < maxBytes
        else { throw NotPicture.broken }
        return result.output
    }

    static func run(on file: String) throws -> CommandResult {
        let folder = try TemporaryFolder()
        return try Command.run(
            "env", arguments(for: file), timeout: .seconds(20), outputLimit: maxBytes,
            in: folder.path, limits: limits)
    }

    /// What `env` runs for a picture.
    static func arguments(for file: String) -> [String] {
        // Command gives a program no environment, and these switches are nowhere else. Without the
        // last two it would write files: large pictures, and code that it makes as it runs.
        [
            "VIPS_BLOCK_UNTRUSTED=1", "VIPS_CONCURRENCY=1", "VIPS_DISC_THRESHOLD=1g",
            "VIPS_NOVECTOR=1", "vips", "thumbnail", file,
            ".jpg[Q=90,strip,optimize_coding,background=255 255 255]", "\(largestSide)",
            "--height", "\(largestSide)", "--size", "down", "--export-profile", "srgb",
            "--fail-on", "truncated",
        ]
    }
}
