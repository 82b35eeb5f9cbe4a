package import JSON

/// A part of a path, a query or a head that a route takes, as the API describes it.
package struct Parameter: Sendable {
    package enum Place: String, Sendable {
        case path, query, header
    }

    /// Its name among the parameters that are described.
    package let component: String
    package let name: String
    package let place: Place
    package let isRequired: Bool
    package let says: String?
    package let schema: Schema
    /// JSON text.
    package let example: String?
    /// What it is refused with when it is not as it should be.
    package var refuses: [Refusal] = []

    /// - Parameter component: where another parameter of its name means something else.
    package static func query(
        _ name: String, _ says: String? = nil, as schema: Schema = .type("string"),
        example: String? = nil, refuses: [Refusal] = [.invalidInput], component: String? = nil
    ) -> Parameter {
        Parameter(
            component: component ?? name, name: name, place: .query, isRequired: false, says: says,
            schema: schema, example: example?.quoted, refuses: refuses)
    }

    package static func path(
        _ component: String, _ name: String, _ says: String? = nil,
        as schema: Schema = .type("string"), refuses: [Refusal] = [.notFound]
    ) -> Parameter {
        Parameter(
            component: component, name: name, place: .path, isRequired: true, says: says,
            schema: schema, example: nil, refuses: refuses)
    }

    package static func header(_ component: String, _ name: String, _ says: String? = nil)
        -> Parameter
    {
        Parameter(
            component: component, name: name, place: .header, isRequired: true, says: says,
            schema: .type("string"), example: nil)
    }
}

extension Parameter {
    /// An id in the path.
    package static func id(_ name: String) -> Parameter {
        path(name, name, as: .text(format: "uuid"))
    }

    package static let ifNoneMatch = Parameter(
        component: "ifNoneMatch", name: "If-None-Match", place: .header, isRequired: false,
        says: "The ETag that is known.", schema: .type("string"), example: nil)

    package static let idempotencyKey = key(
        "idempotencyKey",
        "The caller's name for this call, kept for 24 hours: the same key and body get the first "
            + "answer again and cost nothing more; another body is answered 409.")
    package static let commandKey = key("commandKey", commandKeySays)
    package static let neededCommandKey = key(
        "neededCommandKey", commandKeySays, isRequired: true, example: "finding-42")

    private static let commandKeySays =
        "The caller's name for this command, kept for ever: the same key again is the same command "
        + "and does nothing more; for another it is answered 409."

    private static func key(
        _ component: String, _ says: String, isRequired: Bool = false, example: String? = nil
    ) -> Parameter {
        Parameter(
            component: component, name: "Idempotency-Key", place: .header, isRequired: isRequired,
            says: says, schema: .text(atLeast: 1, atMost: 255, pattern: "^[ -~]+$"),
            example: example?.quoted, refuses: [.invalidInput, .idempotencyConflict])
    }
}

extension [Parameter] {
    /// Which part of a list.
    package static var page: [Parameter] {
        [
            .query(
                "limit", "How many items.",
                as: .integer(in: PageLimit.range).with("default", "\(PageLimit.standard)")),
            .query("cursor", "The nextCursor of the page before.", as: .text(format: "uuid")),
        ]
    }
}
