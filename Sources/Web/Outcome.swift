import JSON

/// An answer that a route gives when nothing is refused.
struct Outcome: Sendable {
    let status: Int
    let says: String
    var body: (any JSONField.Type)?
    /// JSON text, instead of the type's.
    var example: String?
    /// Instead of JSON.
    var mediaType: String?
    /// Whether an unchanged answer is a 304 for a client that sends its tag.
    var isRevalidated = false
    var setsCookie = false

    static func ok(
        _ body: any JSONField.Type, _ says: String, example: String? = nil,
        isRevalidated: Bool = false, setsCookie: Bool = false
    ) -> Outcome {
        Outcome(
            status: 200, says: says, body: body, example: example, isRevalidated: isRevalidated,
            setsCookie: setsCookie)
    }

    static func created(
        _ body: any JSONField.Type, _ says: String, setsCookie: Bool = false
    ) -> Outcome {
        Outcome(status: 201, says: says, body: body, setsCookie: setsCookie)
    }

    static func accepted(
        _ body: any JSONField.Type, _ says: String, example: String? = nil
    ) -> Outcome {
        Outcome(status: 202, says: says, body: body, example: example)
    }

    static func nothing(_ says: String, setsCookie: Bool = false) -> Outcome {
        Outcome(status: 204, says: says, setsCookie: setsCookie)
    }

    static func file(_ mediaType: String, _ says: String) -> Outcome {
        Outcome(status: 200, says: says, mediaType: mediaType)
    }
}
