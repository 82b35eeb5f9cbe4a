import Domain
import Logging
import Media
import Store

extension Worker {
    /// Removes the accounts whose owners wanted it 14 days ago: first what lies in files, then the
    /// rows that say whose it was. Whoever dies in between has done a part, and the next goes on.
    func endDepartures(_ budget: Budget) throws {
        try budget.rounds {
            guard let departure = try database.nextDeparture(),
                try forgetVideos(of: departure, until: budget.end)
            else { return false }
            try database.remove(departure)
            log.notice("account removed", metadata: ["user": "\(departure.user)"])
            return true
        }
    }

    /// Whether all are forgotten; else the time was over.
    private func forgetVideos(
        of departure: Departure, until end: ContinuousClock.Instant
    ) throws -> Bool {
        while true {
            let videos = try database.videosToForget(of: departure, limit: 100)
            guard !videos.isEmpty else { return true }
            for video in videos {
                try settings.media.delete(VideoFile.path(of: video))
                try settings.media.delete(VideoFile.posterPath(of: video))
                try database.forget(video)
            }
            guard ContinuousClock.now < end else { return false }
        }
    }
}
