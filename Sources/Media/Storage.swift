import FoundationEssentials
package import System

/// Where our files lie, each under a key such as `videos/3f/<id>.mp4`: a folder, shared with nginx.
///
/// Five functions are all that another kind of storage has to have: ``put(_:as:)``, ``link(to:)``,
/// ``open(_:)``, ``size(of:)`` and ``delete(_:)``. A file is written as a draft, judged, and put:
/// what has a key is whole, and survives a loss of power (J3).
package struct Storage: Sendable {
    package let folder: String

    /// - Parameter folder: from the root on, or from where this process works now.
    package init(folder: String) {
        let isWhole = folder.utf8.first == UInt8(ascii: "/")
        // The program that looks at the files works elsewhere.
        self.folder = isWhole ? folder : "\(FileManager.default.currentDirectoryPath)/\(folder)"
    }

    /// A file that can be put under `key`, empty. What dead processes have left of its like goes.
    package func draft(of key: String) throws(SystemError) -> TemporaryFile {
        let place = URL(filePath: path(of: key))
        // A folder of their own, to look for remains in: those of the keys grow with the shop.
        let drafts = path(of: "drafts")
        for folder in [place.deletingLastPathComponent().path, drafts] {
            do {
                try FileManager.default.createDirectory(
                    atPath: folder, withIntermediateDirectories: true)
            } catch {
                throw SystemError("mkdir", path: folder)
            }
        }
        removeDrafts(of: place.lastPathComponent, in: drafts)
        return try TemporaryFile(in: drafts, prefix: place.lastPathComponent)
    }

    private func removeDrafts(of name: String, in folder: String) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for draft in names where draft.hasPrefix(".\(name).") {
            try? FileManager.default.removeItem(atPath: "\(folder)/\(draft)")
        }
    }

    /// Puts a draft under `key`, in place of what is there: first onto the disk, then to its name.
    package func put(_ draft: TemporaryFile, as key: String) throws(SystemError) {
        try draft.move(to: path(of: key))
    }

    /// The path at which nginx sends the file, when an answer names it in `X-Accel-Redirect`.
    package static func link(to key: String) -> String { "/_media/\(key)" }

    /// The file, to be read. Throws when there is none.
    package func open(_ key: String) throws(SystemError) -> OpenFile {
        try OpenFile(path: path(of: key))
    }

    /// How long the file is; nil when there is none.
    package func size(of key: String) -> UInt64? { try? open(key).sizeBytes }

    /// Takes the file away; nothing happens when there is none.
    package func delete(_ key: String) throws(SystemError) {
        do {
            try FileManager.default.removeItem(atPath: path(of: key))
        } catch {
            guard size(of: key) == nil else { throw SystemError("unlink", path: path(of: key)) }
        }
    }

    /// How much there is room for.
    package func room() throws(SystemError) -> Room { try Room(at: folder) }

    func path(of key: String) -> String { "\(folder)/\(key)" }
}
