import Domain
import Logging
import Media
import Store
import System

// What owners have done with the files of their videos: taken several along, or away.
extension Worker {
    /// Longer than an archive takes.
    private static let archiveTime = Duration.seconds(600)
    /// What stays free beside an archive that is being made.
    private static let reserve: UInt64 = 1 << 30

    /// Takes the files of videos away whose deletion can no longer be taken back.
    func purgeVideos(_ budget: Budget) throws {
        let media = settings.media
        try budget.rounds {
            try database.purgeDeletedVideos(limit: 100) { id in
                try media.delete(VideoFile.path(of: id))
                try media.delete(VideoFile.posterPath(of: id))
            } fail: { id, error in
                log.error(
                    "the files of a deleted video stayed",
                    metadata: ["video": "\(id)", "error": "\(error)"])
            } == 100
        }
    }

    /// Makes the archives that were ordered, and takes those away whose time is over.
    func makeArchives(_ budget: Budget) throws {
        try budget.rounds {
            try database.purgeArchives(limit: 100) { try settings.media.delete($0.key) } == 100
        }
        try budget.rounds {
            let lease = Self.archiveTime + .seconds(60)
            guard let claim = try database.claimArchive(lasting: lease) else { return false }
            try make(claim)
            return true
        }
    }

    private func make(_ claim: ClaimedArchive) throws {
        let archive = claim.archive
        do {
            guard try settings.media.room().freeBytes > UInt64(VideoArchive.maxBytes) + Self.reserve
            else { throw NoRoom() }
            let entries = try database.videos(in: archive.id).map {
                ArchiveEntry("rushes-\($0).mp4", .stored(VideoFile.path(of: $0)))
            }
            let size = try settings.media.archive(
                entries, as: archive.key, timeout: Self.archiveTime)
            try database.finish(claim, sizeBytes: Int(size))
        } catch let error as LeaseLost {
            throw error
        } catch {
            log.error(
                "an archive was not made",
                metadata: ["archive": "\(archive.id)", "error": "\(error)"])
            try database.giveBack(claim)
        }
    }
}

/// The disk would be nearly full; it is tried again.
private struct NoRoom: Error {}
