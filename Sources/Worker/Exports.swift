import Domain
import Logging
import Media
import Store
import System

extension Worker {
    /// Longer than an archive takes.
    private static let exportLease = Duration.seconds(2400)

    /// Makes the exports that were ordered, and takes those away whose time is over.
    func makeExports(_ budget: Budget) throws {
        try budget.rounds {
            try database.purgeExports(limit: 100) { try settings.media.delete($0.key) } > 0
        }
        try budget.rounds {
            guard let claim = try database.claimExport(lasting: Self.exportLease) else {
                return false
            }
            try make(claim)
            return true
        }
    }

    private func make(_ claim: ClaimedExport) throws {
        do {
            let size = try settings.media.archive(entries(of: claim.export), as: claim.export.key)
            try database.finish(claim, sizeBytes: Int(size))
            log.notice("export made", metadata: ["export": "\(claim.export.id)"])
        } catch let error as LeaseLost {
            throw error
        } catch {
            log.error(
                "an export was not made",
                metadata: ["export": "\(claim.export.id)", "error": "\(error)"])
            try database.giveBack(claim)
        }
    }

    private func entries(of export: Export) throws -> [ArchiveEntry] {
        let texts = try database.exportedData(of: export).map { part in
            ArchiveEntry(
                "\(part.name).json",
                .bytes(Array("[\n\(part.objects.joined(separator: ",\n"))\n]\n".utf8)))
        }
        let videos = try database.exportedVideos(of: export.account).map {
            ArchiveEntry("videos/\($0).mp4", .stored(VideoFile.path(of: $0)))
        }
        let pictures = try database.exportedPictures(of: export.account).map {
            ArchiveEntry("pictures/\($0.text).jpg", .stored($0.key))
        }
        return texts + videos + pictures
    }
}
