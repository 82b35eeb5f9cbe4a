import FoundationEssentials
import Sodium
import System

/// A file that was looked at once, whole: its form, its pictures, its poster and its checksum.
struct Movie {
    let facts: MovieFacts
    let poster: [UInt8]?
    /// SHA-256 in hexadecimal digits.
    let checksum: String
    let sizeBytes: Int

    /// Throws ``NotStored`` for what is no video, before any program has seen it if its form says
    /// so already. Each program runs once: ffprobe for the facts, ffmpeg for the poster.
    init(at path: String) throws {
        let file = try OpenFile(path: path)
        _ = try MovieBoxes(fileBytes: file.sizeBytes) { offset, count in
            try file.bytes(at: offset, count: count)
        }
        facts = try MovieTools.facts(of: path)
        poster = MovieTools.poster(of: path)
        let data = try Data(contentsOf: URL(filePath: path), options: .mappedIfSafe)
        var hash = SHA256()
        hash.update(data)
        checksum = Hex.encode(hash.finalize())
        sizeBytes = data.count
    }
}
