package import Curl
package import Domain
import FoundationEssentials
import HTTP
import Sodium
import System

/// Why a file is not in our storage. Nothing of it is visible under its name.
package struct NotStored: Error, CustomStringConvertible {
    /// What would have to change.
    package enum Cause: Sendable {
        /// What lies behind the link, or the way to it; the next try may find another.
        case file
        /// The link, which nobody could fetch: no address, or not of HTTPS.
        case link
        /// The folder or its disk: no file can be stored.
        case ours
    }

    package let description: String
    package let cause: Cause

    init(_ description: String, _ cause: Cause = .file) {
        self.description = description
        self.cause = cause
    }
}

/// The folder that holds the videos and their posters, shared with nginx.
package struct MediaFolder: Sendable {
    package let path: String
    /// What must stay free on the file system when all downloads have come to their largest size,
    /// so that a full disk is met here and not by the database beside it.
    private static let reserve: UInt64 = 256 << 20
    /// Far beyond ten seconds at the best resolution sold.
    private static let maxBytes = 256 << 20

    /// - Parameter path: from the root on, or from where this process works now.
    package init(path: String) {
        let isWhole = path.utf8.first == UInt8(ascii: "/")
        // The programs that look at the files work elsewhere.
        self.path = isWhole ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
    }

    /// Fetches a finished video, checks that it is one, and puts it in place with its poster (J3).
    ///
    /// A file that is in place already, because a worker died after the rename, is checked and
    /// taken instead. Throws ``NotStored``; then no part of the file is visible.
    ///
    /// - Parameter count: how many downloads into the folder may be under way, this one included.
    package func store(
        _ url: String, as id: VideoID, by downloads: Curl, beside count: Int
    ) throws(NotStored) -> VideoFile {
        let final = "\(path)/\(VideoFile.path(of: id))"
        do {
            try makeFolder(of: final)
            removeRemains(of: final)
            if FileManager.default.fileExists(atPath: final) {
                return try show(Movie(at: final), id)
            }
            guard downloads.canFetch(url) else {
                throw NotStored("the link cannot be fetched: \(url)".cut(to: 500), .link)
            }
            guard try freeBytes(at: path) > Self.bytesToKeepFree(for: count) else {
                throw NotStored("the disk of the media folder is nearly full", .ours)
            }
            let file = try DurableFile(path: final)
            _ = try downloads.download(
                url, to: file.temporaryPath,
                limits: DownloadLimits(maxBytes: Self.maxBytes, timeout: .seconds(120)))
            return try place(file, id)
        } catch let error as NotStored {
            throw error
        } catch let error as SystemError {
            throw NotStored("\(error)", .ours)
        } catch {
            throw NotStored("\(error)")
        }
    }

    static func bytesToKeepFree(for downloads: Int) -> UInt64 {
        reserve + UInt64(max(1, min(downloads, 1000))) * UInt64(maxBytes)
    }

    /// Puts a video in place that `write` makes at the path it is given, with its poster.
    package func adopt(_ id: VideoID, write: (String) throws -> Void) throws -> VideoFile {
        let final = "\(path)/\(VideoFile.path(of: id))"
        try makeFolder(of: final)
        let file = try DurableFile(path: final)
        try write(file.temporaryPath)
        return try place(file, id)
    }

    /// Judges a file before it gets its name, so that what has a name is whole and a video.
    private func place(_ file: consuming DurableFile, _ id: VideoID) throws -> VideoFile {
        let movie = try Movie(at: file.temporaryPath)
        try file.commit()
        return show(movie, id)
    }

    /// What the file in its place is, with its poster beside it if there is one.
    private func show(_ movie: Movie, _ id: VideoID) -> VideoFile {
        VideoFile(
            sizeBytes: movie.sizeBytes, checksum: movie.checksum,
            durationMilliseconds: movie.facts.milliseconds, width: movie.facts.width,
            height: movie.facts.height, hasPoster: put(movie.poster, id))
    }

    private func put(_ poster: [UInt8]?, _ id: VideoID) -> Bool {
        guard let poster else { return false }
        let path = "\(path)/\(VideoFile.posterPath(of: id))"
        do {
            try makeFolder(of: path)
            let file = try DurableFile(path: path)
            try file.write(poster)
            try file.commit()
            return true
        } catch {
            return false
        }
    }

    /// Takes away what a killed worker left half written.
    private func removeRemains(of final: String) {
        let file = URL(filePath: final)
        let folder = file.deletingLastPathComponent().path
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for name in names where name.hasPrefix(".\(file.lastPathComponent).") {
            try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
        }
    }

    private func makeFolder(of file: String) throws {
        let folder = URL(filePath: file).deletingLastPathComponent().path
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
    }
}

/// A file that was looked at once, whole: its form, its pictures, its poster and its checksum.
private struct Movie {
    let facts: MovieFacts
    let poster: [UInt8]?
    /// SHA-256 in hexadecimal digits.
    let checksum: String
    let sizeBytes: Int

    /// Throws ``NotStored`` for what is no video, before any program has seen it if its form says
    /// so already.
    init(at path: String) throws {
        let file = try ReadableFile(path: path)
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
