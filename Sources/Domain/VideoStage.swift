package import FoundationEssentials
package import JSON

/// A part of the way that a video goes from its order to its file.
package struct VideoStage: JSONObject {
    package enum Kind: String, CaseIterable, Sendable, JSONWord {
        /// With us, and on its way to the vendor.
        case queued
        /// At the vendor.
        case rendering
        /// On its way to our own storage.
        case saving
    }

    package let kind: Kind
    package let startedAt: Date
    /// Nil while it lasts.
    package let endedAt: Date?

    /// Those that a video has come to, in their order.
    ///
    /// - Parameters:
    ///   - submittedAt: when the vendor took it, if it did.
    ///   - renderedAt: when the vendor had made it, if it had.
    ///   - endedAt: when the video ended, one way or another; nil while it has not.
    package static func all(
        createdAt: Date, submittedAt: Date?, renderedAt: Date?, endedAt: Date?
    ) -> [VideoStage] {
        let starts: [(Kind, Date?)] = [
            (.queued, createdAt), (.rendering, submittedAt), (.saving, renderedAt),
        ]
        let begun = starts.compactMap { kind, start in start.map { (kind, $0) } }
        return begun.indices.map { index in
            VideoStage(
                kind: begun[index].0, startedAt: begun[index].1,
                endedAt: index + 1 < begun.count ? begun[index + 1].1 : endedAt)
        }
    }

    package static var schemaName: String? { "VideoStage" }

    package static func list<List: FieldList>(_ fields: inout List)
    where List.Source == VideoStage {
        fields.field("stage", example: "rendering".quoted) { $0.kind }
        fields.field("startedAt") { $0.startedAt }
        fields.field("endedAt", "Null while it lasts.") { $0.endedAt }
    }
}
