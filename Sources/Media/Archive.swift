import FoundationEssentials
import System

/// What goes into an archive.
package struct ArchiveEntry: Sendable {
    package enum Content: Sendable {
        case bytes([UInt8])
        /// What is stored under this key; left out when it is gone meanwhile.
        case stored(String)
    }

    /// Where it stands in the archive: of our own making, never a person's words.
    package let name: String
    package let content: Content

    package init(_ name: String, _ content: Content) {
        self.name = name
        self.content = content
    }
}

/// No archive was made; why.
package struct NotArchived: Error, CustomStringConvertible {
    package let description: String
}

extension Storage {
    /// Puts a ZIP of the entries under `key`, and gives its size.
    ///
    /// Debian's `zip` makes it, rather than code of ours: archives beyond 4 GB, and what every system
    /// opens, are its trade. It runs as a child under limits, sees a folder of hard links, and gets no
    /// name from outside. Files that are compressed already are only copied.
    package func archive(
        _ entries: [ArchiveEntry], as key: String, timeout: Duration = .seconds(1800)
    ) throws -> UInt64 {
        let draft = try draft(of: key)
        let folder = "\(draft.path).d"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for entry in entries { try lay(entry, in: "\(folder)/content") }
        let result = try Command.run(
            "zip", ["-q", "-r", "-X", "-n", ".mp4:.jpg", "../archive.zip", "."],
            timeout: timeout, outputLimit: 4 << 10, in: "\(folder)/content",
            limits: CommandLimits(
                addressSpaceBytes: 1 << 30, processorSeconds: 1800, fileBytes: 1 << 40,
                descriptors: 64))
        guard result.isSuccess else {
            throw NotArchived(
                description: "zip: \(result.ending) "
                    + String(decoding: result.errorOutput.prefix(300), as: UTF8.self))
        }
        // In the draft's place, whose descriptor belongs to the empty file that was there.
        try FileManager.default.removeItem(atPath: draft.path)
        try FileManager.default.moveItem(atPath: "\(folder)/archive.zip", toPath: draft.path)
        try put(draft, as: key)
        guard let size = size(of: key) else { throw NotArchived(description: "it is gone") }
        return size
    }

    private func lay(_ entry: ArchiveEntry, in folder: String) throws {
        let place = URL(filePath: "\(folder)/\(entry.name)")
        try FileManager.default.createDirectory(
            atPath: place.deletingLastPathComponent().path, withIntermediateDirectories: true)
        switch entry.content {
        case .bytes(let bytes):
            let file = try DurableFile(path: place.path)
            try file.write(bytes)
            try file.commit()
        case .stored(let key):
            guard size(of: key) != nil else { return }
            try FileManager.default.linkItem(atPath: path(of: key), toPath: place.path)
        }
    }
}
