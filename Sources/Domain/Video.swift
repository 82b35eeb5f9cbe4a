package import FoundationEssentials
package import Texts

/// Names the kind of an ``ID``; a job and the video it makes are one thing.
package enum VideoKind {}
package typealias VideoID = ID<VideoKind>

/// Names the kind of the ``ID`` of a call that ordered one to four videos.
package enum GenerateCallKind {}
package typealias GenerateCallID = ID<GenerateCallKind>

/// Where a job stands. The diagram is in ARCHITECTURE.md; every transition not in
/// ``canBecome(_:)`` is refused.
package enum VideoState: String, CaseIterable, Sendable {
    /// Paid for by a hold, waiting for a place at the vendor.
    case queued
    /// Claimed: the attempt is recorded, the request may be under way.
    case submitting
    /// The request may have reached the vendor, the answer did not reach us. Never sent again.
    case submitUnknown = "submit_unknown"
    /// The vendor has a task and we know its id.
    case submitted
    /// The vendor is done; the file is being brought into our own storage.
    case storing
    /// The file is ours; the hold became revenue. Final.
    case delivered
    /// The hold went back to its lots. Final.
    case refunded

    package var isFinal: Bool { self == .delivered || self == .refunded }

    package func canBecome(_ next: VideoState) -> Bool {
        switch (self, next) {
        case (.queued, .submitting), (.queued, .refunded),
            (.submitting, .queued), (.submitting, .submitted), (.submitting, .refunded),
            (.submitting, .submitUnknown),
            (.submitUnknown, .submitted), (.submitUnknown, .refunded),
            (.submitted, .storing), (.submitted, .refunded),
            (.storing, .delivered), (.storing, .refunded):
            true
        default: false
        }
    }
}

/// What people see of a state.
package enum VideoStatus: String, CaseIterable, Sendable {
    case pending, processing, completed, failed, canceled
}

/// Why a job was refunded.
package enum FailureReason: String, CaseIterable, Sendable {
    case vendorFailed = "vendor_failed"
    case refused, invalid, timeout
    case vendorDown = "vendor_down"
    case canceled

    /// What the person reads; the vendor's own words are never shown.
    package var phrase: Phrase {
        switch self {
        case .vendorFailed: Phrase(.failedAtVendor)
        case .refused: Phrase(.failedRefused)
        case .invalid: Phrase(.failedInvalid)
        case .timeout: Phrase(.failedLate)
        case .vendorDown: Phrase(.failedVendorDown)
        case .canceled: Phrase(.failedCanceled)
        }
    }

    /// What the line of the credit that came back says.
    package var returnedLine: Phrase {
        switch self {
        case .vendorFailed: Phrase(.lineReturnedVendor)
        case .refused: Phrase(.lineReturnedRefused)
        case .invalid: Phrase(.lineReturnedInvalid)
        case .timeout: Phrase(.lineReturnedLate)
        case .vendorDown: Phrase(.lineReturnedVendorDown)
        case .canceled: Phrase(.lineReturnedCanceled)
        }
    }

    /// What helps: other words where they were the cause, the same again where they were not.
    package var action: String {
        switch self {
        case .refused, .invalid: "correct_input"
        case .vendorFailed, .timeout, .vendorDown, .canceled: "retry"
        }
    }
}

/// A job as its owner sees it.
package struct Video: Sendable {
    package let id: VideoID
    package let tierID: String
    package let state: VideoState
    package let failureReason: FailureReason?
    package let settings: VideoSettings
    /// What its owner calls it.
    package let title: String?
    package let isFavorite: Bool
    package let duration: Int
    package let taskID: String?
    package let price: Money
    /// Jobs of anyone whose turn is before this one's; nil once it left the queue.
    package let jobsAhead: Int?
    /// Until when nothing is sent to the vendor; nil when that is over.
    package let undoUntil: Date?
    package let createdAt: Date
    package let completedAt: Date?
    package let file: VideoFile?
    package let version: Int

    package init(
        id: VideoID, tierID: String, state: VideoState, failureReason: FailureReason?,
        settings: VideoSettings, title: String? = nil, isFavorite: Bool = false, duration: Int,
        taskID: String?, price: Money, jobsAhead: Int?, undoUntil: Date? = nil, createdAt: Date,
        completedAt: Date?, file: VideoFile?, version: Int
    ) {
        self.id = id
        self.tierID = tierID
        self.state = state
        self.failureReason = failureReason
        self.settings = settings
        self.title = title
        self.isFavorite = isFavorite
        self.duration = duration
        self.taskID = taskID
        self.price = price
        self.jobsAhead = jobsAhead
        self.undoUntil = undoUntil
        self.createdAt = createdAt
        self.completedAt = completedAt
        self.file = file
        self.version = version
    }

    package var status: VideoStatus {
        switch state {
        case .queued: .pending
        case .submitting, .submitUnknown, .submitted, .storing: .processing
        case .delivered: .completed
        case .refunded: failureReason == .canceled ? .canceled : .failed
        }
    }

    package var statusDetail: String? {
        switch state {
        case .queued: "queued"
        case .submitting: "submitting"
        case .submitUnknown: "checking"
        case .submitted: "rendering"
        case .storing: "saving"
        case .delivered: nil
        case .refunded: failureReason?.rawValue
        }
    }

    /// What the person has paid, or will have when it is ready; zero once it went back.
    package var charged: Money { state == .refunded ? .zero : price }
}

/// A finished file in our own storage (J3).
package struct VideoFile: Hashable, Sendable {
    package let sizeBytes: Int
    /// SHA-256, lower-case hex.
    package let checksum: String
    package let durationMilliseconds: Int
    package let width: Int
    package let height: Int
    package let hasPoster: Bool

    package init(
        sizeBytes: Int, checksum: String, durationMilliseconds: Int, width: Int, height: Int,
        hasPoster: Bool
    ) {
        self.sizeBytes = sizeBytes
        self.checksum = checksum
        self.durationMilliseconds = durationMilliseconds
        self.width = width
        self.height = height
        self.hasPoster = hasPoster
    }

    /// The path of a job's file below the media folder: `videos/3f/<id>.mp4`. The last two digits
    /// of a UUIDv7 are random, so the folders fill evenly.
    package static func path(of id: VideoID) -> String { path(of: id, in: "videos", "mp4") }
    package static func posterPath(of id: VideoID) -> String { path(of: id, in: "posters", "jpg") }

    private static func path(of id: VideoID, in folder: String, _ suffix: String) -> String {
        let name = id.description
        return "\(folder)/\(name.suffix(2))/\(name).\(suffix)"
    }
}
