package import Domain
import FoundationEssentials
import Sodium
package import System

/// A picture that was made ours: judged, decoded once, and written anew as a JPEG, so that nothing
/// is left of the file that came but what can be seen.
package struct Picture: Sendable {
    package let facts: PictureFacts
    package let bytes: [UInt8]

    /// Throws ``NotPicture`` for what is none, before any program has seen it if its head says so
    /// already; `SystemError` or `CommandError` when it could not be looked at.
    package init(at path: String) throws {
        let file = try OpenFile(path: path)
        try PictureHead { offset, count in try file.bytes(at: offset, count: count) }.judge()
        let bytes = try PictureTools.jpeg(of: path)
        // The head of what came may have lied.
        let made = try PictureHead { offset, count in
            let start = Int(clamping: offset)
            return Array(bytes.dropFirst(start).prefix(count))
        }
        try made.judge()
        facts = PictureFacts(
            width: made.width, height: made.height, sizeBytes: bytes.count,
            checksum: Hex.encode(SHA256.hash(bytes)))
        self.bytes = bytes
    }
}

extension Storage {
    /// A folder of the storage for files that have come and were not judged, which nobody serves.
    package func incoming() throws(SystemError) -> String {
        let folder = path(of: "incoming")
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw SystemError("mkdir", path: folder)
        }
        return folder
    }

    package func put(_ picture: Picture, as name: PictureName) throws(SystemError) {
        let draft = try draft(of: name.key)
        try draft.write(picture.bytes)
        try put(draft, as: name.key)
    }

    /// Takes what dead processes have left of files that came an hour ago or earlier.
    package func removeOldIncoming() throws {
        let folder = try incoming()
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        for name in names {
            let path = "\(folder)/\(name)"
            let attributes = try? FileManager.default.attributesOfItem(atPath: path)
            guard let at = attributes?[.modificationDate] as? Date,
                at.timeIntervalSinceNow < -3600
            else { continue }
            try? FileManager.default.removeItem(atPath: path)
        }
    }
}
