import FoundationEssentials
import JSON
import System

/// `rushes-probe`, which looks at a file that came from elsewhere, in a process of its own for each.
///
/// It has one demuxer and the decoders of what browsers play, reads nothing but the one file, and
/// before its first byte gives up everything that a decoder does not need: memory beyond 1 GiB, 15 s
/// of a processor, other files, programs, the network (`Sources/RushesProbe/confine.c`).
enum MovieTools {
    /// What was found in a file; not yet judged.
    struct Finding {
        let facts: JSONValue
        /// A JPEG of a picture within the first half second, at most 640 points wide and high. Nil
        /// when there is none; a video without one is still a video.
        let poster: [UInt8]?
    }

    /// A poster of 640 x 640 points takes a tenth of it.
    private static let maxPosterBytes = 1 << 20

    private static let program = path(of: "rushes-probe")

    /// A program of ours: beside the one that runs, where it is built and installed; else its name,
    /// which PATH is searched for.
    static func path(of name: String) -> String {
        let ours = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        guard let ours else { return name }
        let beside = URL(filePath: ours).deletingLastPathComponent().appending(path: name).path
        return FileManager.default.isExecutableFile(atPath: beside) ? beside : name
    }

    /// Looks at the file, once.
    ///
    /// Throws ``NotStored`` for what is no video, and for the want of the program: that is ours, as
    /// no file can be judged then.
    static func look(at file: String) throws -> Finding {
        let result: CommandResult
        do {
            let folder = try TemporaryFolder()
            result = try Command.run(
                program, [file, "\(MovieFacts.maxPixels)"], timeout: .seconds(30),
                outputLimit: maxPosterBytes, in: folder.path)
        } catch CommandError.notStarted(let error) {
            throw NotStored("rushes-probe cannot be run: \(error)", .ours)
        }
        let words = String(decoding: result.errorOutput.prefix(300), as: UTF8.self)
        // What it says when it can do its work for no file.
        guard result.ending != .exited(code: 2) else {
            throw NotStored("rushes-probe cannot work: \(words)", .ours)
        }
        guard result.isSuccess, let end = result.output.firstIndex(of: UInt8(ascii: "\n")),
            let facts = try? JSONValue(parsing: Array(result.output[..<end]))
        else { throw NotStored("this is not a video: \(words)") }
        let poster = result.output[(end + 1)...]
        let isWhole = !poster.isEmpty && result.output.count < maxPosterBytes
        return Finding(facts: facts, poster: isWhole ? Array(poster) : nil)
    }
}
