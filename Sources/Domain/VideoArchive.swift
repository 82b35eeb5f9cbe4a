package import FoundationEssentials
package import JSON

package enum ArchiveKind {}
package typealias ArchiveID = ID<ArchiveKind>

/// A file (ZIP) with videos that somebody wants together: ordered, and made a little later.
package struct VideoArchive: Sendable {
    package enum Status: String, CaseIterable, Sendable, JSONWord {
        case making, ready, failed
    }

    /// How many an account has under way at once.
    package static let limit = 3
    package static let hoursKept = 24
    /// How many bytes its videos have together at most.
    package static let maxBytes = 2 << 30

    package let id: ArchiveID
    /// Of its file, which nobody guesses.
    package let name: String
    package let videos: Int
    package let status: Status
    package let sizeBytes: Int?
    package let createdAt: Date
    package let expiresAt: Date

    package init(
        id: ArchiveID, name: String, videos: Int, status: Status, sizeBytes: Int?,
        createdAt: Date, expiresAt: Date
    ) {
        self.id = id
        self.name = name
        self.videos = videos
        self.status = status
        self.sizeBytes = sizeBytes
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }

    /// Where its file lies.
    package var key: String { "archives/\(name.prefix(2))/\(name).zip" }
}

/// An archive as its owner sees it.
package struct VideoArchiveAnswer: JSONObject {
    let archive: VideoArchive
    let appURL: String

    package init(_ archive: VideoArchive, appURL: String) {
        self.archive = archive
        self.appURL = appURL
    }

    package static var schemaName: String? { "VideoArchive" }

    package static func list<List: FieldList>(_ fields: inout List)
    where List.Source == VideoArchiveAnswer {
        fields.field("id") { $0.archive.id }
        fields.field("status", example: "ready".quoted) { $0.archive.status }
        fields.field("videos", "How many are in it.", example: "12") { $0.archive.videos }
        fields.field("sizeBytes", example: "48211004") { $0.archive.sizeBytes }
        fields.field(
            "url", "Null until it is ready.", as: Schema.text(format: "uri").orNull,
            example:
                "https://rushes.example/api/archives/019abf53-3f7b-7c4e-9a51-0d6f4b8e21c7/file"
                .quoted
        ) { answer in
            answer.archive.status == .ready
                ? "\(answer.appURL)/api/archives/\(answer.archive.id)/file" : nil
        }
        fields.field("createdAt") { $0.archive.createdAt }
        fields.field("expiresAt", "When the file goes.") { $0.archive.expiresAt }
    }
}
