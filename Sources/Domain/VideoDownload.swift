package import FoundationEssentials

/// That the file of a video was asked for, for the first time in its way.
package struct VideoDownload: Hashable, Sendable {
    package enum Way: String, CaseIterable, Sendable {
        /// By its owner, to keep.
        case file
        /// The same, with others in one file.
        case archive
        /// By whoever has the link that its owner made, to look at it.
        case sharedView
        /// The same, to keep.
        case sharedFile
    }

    package let way: Way
    package let askedAt: Date
    /// The network address that it came from; nil when its owner is gone.
    package let address: String?

    package init(way: Way, askedAt: Date, address: String?) {
        self.way = way
        self.askedAt = askedAt
        self.address = address
    }

    /// Whether somebody has the file since.
    package var isKept: Bool { way != .sharedView }
}
