package import Domain
import FoundationEssentials
package import System

extension Storage {
    /// The largest file of a video, far beyond ten seconds at the best resolution sold.
    package static let maxVideoBytes = 256 << 20
    /// What must stay free on the file system when all downloads have come to their largest size,
    /// so that a full disk is met here and not by the database beside it.
    private static let reserve: UInt64 = 256 << 20

    /// What has to be free for this many downloads at once.
    package static func bytesToKeepFree(for downloads: Int) -> UInt64 {
        reserve + UInt64(max(1, min(downloads, 1000))) * UInt64(maxVideoBytes)
    }

    package func draft(of id: VideoID) throws(SystemError) -> TemporaryFile {
        try draft(of: VideoFile.path(of: id))
    }

    /// Judges a draft before it gets its name, so that what has a name is whole and a video (J3).
    ///
    /// Throws ``NotStored`` for what is none.
    package func put(_ draft: TemporaryFile, as id: VideoID) throws -> VideoFile {
        let movie = try Movie(at: draft.path)
        try put(draft, as: VideoFile.path(of: id))
        return show(movie, id)
    }

    /// The video that is in its place already, because a process died after it was put there; looked
    /// at again. Nil when there is none.
    package func video(_ id: VideoID) throws -> VideoFile? {
        let key = VideoFile.path(of: id)
        guard size(of: key) != nil else { return nil }
        return show(try Movie(at: path(of: key)), id)
    }

    /// Puts a video in place that `write` makes at the path it is given, with its poster.
    package func adopt(_ id: VideoID, write: (String) throws -> Void) throws -> VideoFile {
        let draft = try draft(of: id)
        try write(draft.path)
        return try put(draft, as: id)
    }

    /// Gives another video the same file and poster, which take no room of their own: for samples.
    package func share(_ id: VideoID, with other: VideoID) throws {
        for path in [VideoFile.path(of:), VideoFile.posterPath(of:)] where size(of: path(id)) != nil
        {
            let place = self.path(of: path(other))
            try FileManager.default.createDirectory(
                atPath: URL(filePath: place).deletingLastPathComponent().path,
                withIntermediateDirectories: true)
            try FileManager.default.linkItem(atPath: self.path(of: path(id)), toPath: place)
        }
    }

    /// What the file in its place is, with its poster beside it if there is one.
    private func show(_ movie: Movie, _ id: VideoID) -> VideoFile {
        VideoFile(
            sizeBytes: movie.sizeBytes, checksum: movie.checksum,
            durationMilliseconds: movie.facts.milliseconds, width: movie.facts.width,
            height: movie.facts.height, hasPoster: putPoster(movie.poster, id))
    }

    private func putPoster(_ poster: [UInt8]?, _ id: VideoID) -> Bool {
        guard let poster else { return false }
        let key = VideoFile.posterPath(of: id)
        do {
            let draft = try draft(of: key)
            try draft.write(poster)
            try put(draft, as: key)
            return true
        } catch {
            return false
        }
    }
}
