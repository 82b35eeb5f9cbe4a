// JSON: read strictly in one pass, bounded in depth; written by hand for answers made often.
// A name that stands twice, or a number that cannot be kept exactly, is refused.
// It knows no type of the shop.

package import FoundationEssentials

/// Any JSON text, read strictly. For input whose fields are judged one by one, so that every bad
/// one can be named, and for answers that are read tolerantly.
package enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    /// A number that is a whole one and fits.
    case integer(Int64)
    /// Any other number, exact to 38 digits.
    case number(Decimal)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// How deep a vendor's text may nest. What our own callers send needs ``ownDepth``.
    package static let vendorDepth = 32
    package static let ownDepth = 8

    /// Parses `bytes`, or throws when they are not one JSON text in UTF-8 (RFC 8259), when a name
    /// stands twice in an object, when a number cannot be kept exactly, or when arrays and objects
    /// nest deeper than `depth`.
    package init(
        parsing bytes: [UInt8], depth: Int = JSONValue.vendorDepth
    ) throws(JSONError) {
        var reader = JSONReader(bytes, depth: depth)
        self = try reader.text()
    }

    package subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members[key]
    }

    package var string: String? {
        guard case .string(let string) = self else { return nil }
        return string
    }

    package var integer: Int64? {
        guard case .integer(let integer) = self else { return nil }
        return integer
    }

    package var bool: Bool? {
        guard case .bool(let bool) = self else { return nil }
        return bool
    }

    package var array: [JSONValue]? {
        guard case .array(let array) = self else { return nil }
        return array
    }

    package var object: [String: JSONValue]? {
        guard case .object(let object) = self else { return nil }
        return object
    }
}
