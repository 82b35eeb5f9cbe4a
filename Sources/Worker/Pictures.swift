package import Curl
import Domain
package import HTTP
import Logging
import Media
import Sodium
import Store
import System

extension Curl {
    /// Fetches a picture whose address somebody else has chosen, into a file at the path.
    package var fetchPicture: Fetch {
        { url, path throws(TransportError) in
            _ = try self.download(
                url, to: path,
                limits: DownloadLimits(
                    maxBytes: NotPicture.maxBytes, timeout: .seconds(10), maxRedirects: 3))
        }
    }
}

extension Worker {
    /// How often a picture is asked for before its job ends.
    private static let pictureTries = 3

    /// The vendor's input with pictures of ours alone: the vendor asks nobody else for one, and what
    /// is bought has a picture that was seen. Nil when there is none: then the job has ended, money
    /// back, or waits for another try, and nothing was bought.
    func withOwnPictures(_ job: ClaimedJob) throws -> [VendorField]? {
        var input = job.vendorInput
        for (index, field) in input.enumerated() where ["image", "imageTail"].contains(field.name) {
            guard case .string(let url) = field.value else { continue }
            guard let own = try ownPicture(url, of: job) else { return nil }
            input[index] = VendorField(field.name, .string(own))
        }
        guard input != job.vendorInput else { return input }
        // What comes after another try finds its pictures here.
        let isWritten: Void? = try persist(job) { try database.replaceInput(of: job, by: input) }
        return isWritten == nil ? nil : input
    }

    /// Takes away what no video was made from, and what came and was never judged.
    func clearPictures(_ budget: Budget) throws {
        try settings.media.removeOldIncoming()
        try budget.rounds {
            try database.purgeUploads(limit: 100) { try settings.media.delete($0.key) } > 0
        }
    }

    private func ownPicture(_ url: String, of job: ClaimedJob) throws -> String? {
        guard let name = PictureName(of: url, at: settings.appURL) else {
            return try fetchPicture(url, of: job)
        }
        let isKept = try persist { try database.useUpload(name, of: job.accountID) }
        guard isKept, settings.media.size(of: name.key) != nil else {
            try endWithoutPicture(job, "the upload \(name) is gone")
            return nil
        }
        return url
    }

    private func fetchPicture(_ url: String, of job: ClaimedJob) throws -> String? {
        do {
            let file = try TemporaryFile(in: settings.media.incoming(), prefix: "picture")
            try downloads.fetchPicture(url, file.path)
            let picture = try Picture(at: file.path)
            guard let name = PictureName(Hex.encode(randomBytes(16))) else { return nil }
            let upload = try persist {
                try database.keepUpload(
                    .new(), name, picture.facts, of: job.accountID, by: job.userID,
                    isCounted: false)
            }
            try settings.media.put(picture, as: upload.name)
            try persist { try database.showUpload(upload) }
            return upload.name.url(at: settings.appURL)
        } catch let problem as NotPicture {
            try endWithoutPicture(job, "no picture that can be used: \(problem)")
        } catch let error as TransportError {
            try missPicture(job, error)
        } catch let error as SystemError {
            // Our disk, or no program: nothing that the order can help.
            log.critical(
                "pictures cannot be made ours", metadata: job.metadata("error", "\(error)"))
            try putBackWithoutPicture(job, "pictures: \(error)", outcome: "not_created")
        } catch let error as CommandError {
            log.error("a picture was not looked at", metadata: job.metadata("error", "\(error)"))
            try putBackWithoutPicture(job, "pictures: \(error)", outcome: "not_created")
        }
        return nil
    }

    /// No picture came from its address: the job waits a little, and ends after three tries.
    private func missPicture(_ job: ClaimedJob, _ error: TransportError) throws {
        let isHopeless = [.refusedAddress, .tooLarge].contains(error.kind)
        let tries = try persist { try database.pictureTries(of: job.id) } + 1
        guard !isHopeless, tries < Self.pictureTries else {
            return try endWithoutPicture(job, "not fetched: \(error.message)")
        }
        try putBackWithoutPicture(job, error.message, outcome: Attempts.noPicture)
    }

    private func putBackWithoutPicture(
        _ job: ClaimedJob, _ detail: String, outcome: String
    ) throws {
        let delay = Backoff.delay(
            afterTry: job.attempts, base: .seconds(2), ceiling: .seconds(30),
            jitter: .random(in: 0...1))
        try persist(job) {
            try database.requeue(job, after: delay, detail: detail, outcome: outcome)
        }
    }

    private func endWithoutPicture(_ job: ClaimedJob, _ detail: String) throws {
        log.notice("a job has no picture", metadata: job.metadata("message", detail))
        try refund(job, .invalid, detail: "picture: \(detail)")
    }
}
