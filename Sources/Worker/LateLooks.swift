import Domain
import Logging
import Pollo
import Store

extension Worker {
    /// Looks at the next refunded job of which is not known whether the vendor made it, and notes
    /// the loss, or that there is none (J10, J14). Returns whether there was one.
    ///
    /// Each look at a job is later than the last, and there are only so many: one that says nothing
    /// may say nothing for ever.
    package func lookNextLate() throws -> Bool {
        try work { lease in
            try database.claimLateLook(by: lease, lasting: Self.lookLease)
        } on: { job in
            try lookLate(job)
        }
    }

    private func lookLate(_ job: ClaimedJob) throws {
        switch try status(of: job) {
        case .success(let task):
            switch task.state {
            case .succeeded, .succeededWithoutURL:
                log.critical("the vendor made a video that was refunded", metadata: job.metadata)
                try persist(job) { try database.recordLoss(of: job, isLost: true) }
            case .failed:
                try persist(job) { try database.recordLoss(of: job, isLost: false) }
            case .inProgress:
                try endLook(at: job, vendorStatus: "processing")
            }
        case .failure:
            try endLook(at: job, vendorStatus: nil)
        }
    }

    private func endLook(at job: ClaimedJob, vendorStatus: String?) throws {
        guard job.isLastLook else {
            try persist(job) {
                try database.postpone(job, by: .zero, vendorStatus: vendorStatus)
            }
            return
        }
        log.critical(
            "the vendor never told whether it made a video that was refunded",
            metadata: job.metadata)
        try persist(job) { try database.presumeLoss(of: job) }
    }
}
