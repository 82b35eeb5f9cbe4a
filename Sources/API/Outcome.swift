package import JSON

/// An answer that a route gives when nothing is refused.
package struct Outcome: Sendable {
    package let status: Int
    package let says: String
    package let body: (any JSONField.Type)?
    /// JSON text, instead of the type's.
    package let example: String?
    /// Instead of JSON.
    package let mediaType: String?
    /// Whether an unchanged answer is a 304 for a client that sends its tag.
    package let isRevalidated: Bool
    package let setsCookie: Bool

    package init(
        status: Int, says: String, body: (any JSONField.Type)? = nil, example: String? = nil,
        mediaType: String? = nil, isRevalidated: Bool = false, setsCookie: Bool = false
    ) {
        self.status = status
        self.says = says
        self.body = body
        self.example = example
        self.mediaType = mediaType
        self.isRevalidated = isRevalidated
        self.setsCookie = setsCookie
    }

    package static func ok(
        _ body: any JSONField.Type, _ says: String, example: String? = nil,
        isRevalidated: Bool = false, setsCookie: Bool = false
    ) -> Outcome {
        Outcome(
            status: 200, says: says, body: body, example: example, isRevalidated: isRevalidated,
            setsCookie: setsCookie)
    }

    package static func created(
        _ body: any JSONField.Type, _ says: String, setsCookie: Bool = false
    ) -> Outcome {
        Outcome(status: 201, says: says, body: body, setsCookie: setsCookie)
    }

    package static func accepted(
        _ body: any JSONField.Type, _ says: String, example: String? = nil
    ) -> Outcome {
        Outcome(status: 202, says: says, body: body, example: example)
    }

    package static func nothing(_ says: String, setsCookie: Bool = false) -> Outcome {
        Outcome(status: 204, says: says, setsCookie: setsCookie)
    }

    package static func file(_ mediaType: String, _ says: String) -> Outcome {
        Outcome(status: 200, says: says, mediaType: mediaType)
    }
}
