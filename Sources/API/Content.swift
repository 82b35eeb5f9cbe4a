package import Domain
package import HTTP
package import JSON
import Texts

/// The JSON object in a request's body.
package struct Content {
    package let members: [String: JSONValue]
    package let bytes: [UInt8]

    package static let empty = Content(members: [:], bytes: [])

    /// What reads its fields and gathers complaints.
    package var reader: FieldReader { FieldReader(members) }
}

extension Request {
    /// The body as a JSON object, of type `application/json`.
    package func json(upTo limit: Int) throws -> Content {
        let type = source.parameter("CONTENT_TYPE") ?? ""
        guard MediaType(type)?.name == "application/json" else {
            throw Refusal.unsupportedMediaType
        }
        let bytes = try source.body(upTo: limit)
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue(parsing: bytes, depth: JSONValue.ownDepth)
        } catch {
            throw InvalidInput("body", error.phrase)
        }
        guard case .object(let members) = value else {
            throw InvalidInput("body", .sendObject)
        }
        return Content(members: members, bytes: bytes)
    }

    /// A header that must not come twice: two different readers could each believe another one.
    package func single(_ parameter: StaticString, _ name: String) throws -> String? {
        guard source.count(of: parameter) <= 1 else {
            throw InvalidInput(name, .headerOnce)
        }
        return source.parameter(parameter)
    }
}

extension JSONError {
    /// What to tell the one who sent it.
    fileprivate var phrase: Phrase {
        switch self {
        case .malformed: Phrase(.notJSON)
        case .tooDeep(let limit): Phrase(.tooDeep, ["limit": .number(limit)])
        case .longName(let limit): Phrase(.nameTooLong, ["limit": .number(limit)])
        case .duplicateName: Phrase(.nameTwice)
        case .inexactNumber: Phrase(.numberInexact)
        }
    }
}
