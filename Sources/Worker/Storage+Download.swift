import Curl
import Domain
import HTTP
import Media
import System

extension Storage {
    /// Fetches a finished video, checks that it is one, and puts it in place with its poster (J3).
    ///
    /// A file that is in place already, because a worker died after the rename, is checked and
    /// taken instead. Throws ``NotStored``; then no part of the file is visible.
    ///
    /// - Parameter count: how many downloads into the storage may be under way, this one included.
    func store(
        _ url: String, as id: VideoID, by downloads: Curl, beside count: Int
    ) throws(NotStored) -> VideoFile {
        do {
            let draft = try draft(of: id)
            if let file = try video(id) { return file }
            guard downloads.canFetch(url) else {
                throw NotStored("the link cannot be fetched: \(url)".cut(to: 500), .link)
            }
            guard try room().freeBytes > Self.bytesToKeepFree(for: count) else {
                throw NotStored("the disk of the media folder is nearly full", .ours)
            }
            _ = try downloads.download(
                url, to: draft.path,
                limits: DownloadLimits(maxBytes: Self.maxVideoBytes, timeout: .seconds(120)))
            return try put(draft, as: id)
        } catch let error as NotStored {
            throw error
        } catch let error as SystemError {
            throw NotStored("\(error)", .ours)
        } catch {
            throw NotStored("\(error)")
        }
    }
}
