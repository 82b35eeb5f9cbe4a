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

    /// Throws ``NotStored`` for what is no video, before any decoder has seen it if its form says
    /// so already.
    init(at path: String) throws {
        let file = try OpenFile(path: path)
        _ = try MovieBoxes(fileBytes: file.sizeBytes) { offset, count in
            try file.bytes(at: offset, count: count)
        }
        let finding = try MovieTools.look(at: path)
        facts = try MovieFacts(probe: finding.facts)
        poster = finding.poster
        let data = try Data(contentsOf: URL(filePath: path), options: .mappedIfSafe)
        var hash = SHA256()
        hash.update(data)
        checksum = Hex.encode(hash.finalize())
        sizeBytes = data.count
    }
}
