package import FoundationEssentials

package enum ShareLinkKind {}
package typealias ShareLinkID = ID<ShareLinkKind>

/// What an owner lets people see who have the link of a video.
package struct ShareTerms: Hashable, Sendable {
    /// For how many days a link may be good.
    package static let daysRange = 1...365
    package static let standardDays = 30

    package let days: Int
    /// And the title.
    package let showsPrompt: Bool
    package let allowsDownload: Bool

    package init(days: Int, showsPrompt: Bool, allowsDownload: Bool) {
        self.days = days
        self.showsPrompt = showsPrompt
        self.allowsDownload = allowsDownload
    }
}

extension ShareTerms {
    package static let days = Input.integer(
        "expiresInDays", "For so long the link is good.", in: daysRange, default: standardDays)
    package static let showPrompt = Input.flag(
        "showPrompt", "Whether title and prompt are shown.",
        example: "false")
    package static let allowDownload = Input.flag(
        "allowDownload", "Whether the page offers the file.", example: "true")
    package static let replaces = Input.text(
        "replaces", "The token that ends, and another takes its place.", atMost: 64,
        isRequired: false)

    /// What a body says of them, and which token it wants replaced.
    package static func read(
        _ reader: inout FieldReader
    ) throws -> (terms: ShareTerms, replaced: String?) {
        let days = reader.read(days)
        let showsPrompt = reader.read(showPrompt)
        let allowsDownload = reader.read(allowDownload)
        let replaced = reader.read(replaces)
        try reader.finish()
        let terms = ShareTerms(
            days: days ?? standardDays, showsPrompt: showsPrompt ?? false,
            allowsDownload: allowsDownload ?? false)
        return (terms, replaced)
    }
}

/// The link of a video, as it stands.
package struct VideoShare: Sendable {
    /// What its token is made of.
    package let link: ShareLinkID
    package let tokenHash: [UInt8]
    package let showsPrompt: Bool
    package let allowsDownload: Bool
    package let createdAt: Date
    package let expiresAt: Date

    package init(
        link: ShareLinkID, tokenHash: [UInt8], showsPrompt: Bool, allowsDownload: Bool,
        createdAt: Date, expiresAt: Date
    ) {
        self.link = link
        self.tokenHash = tokenHash
        self.showsPrompt = showsPrompt
        self.allowsDownload = allowsDownload
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }
}
