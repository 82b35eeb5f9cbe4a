package import Addresses
package import JSON

/// Reads the members of a JSON object one by one and gathers every complaint.
package struct FieldReader {
    private let members: [String: JSONValue]
    private var refused: [InvalidInput.Field] = []
    /// The fields of ``refused``, since a body may have thousands.
    private var refusedNames: Set<String> = []

    package init(_ members: [String: JSONValue]) {
        self.members = members
    }

    /// The value of a member; nil when it is missing or `null`.
    package func value(_ name: String) -> JSONValue? {
        guard let value = members[name], value != .null else { return nil }
        return value
    }

    /// What was sent, be it `null`.
    package func given(_ name: String) -> JSONValue? { members[name] }

    /// Refuses every field of another name.
    package mutating func refuseOthers(than names: some Collection<String>, _ message: String) {
        for name in members.keys.sorted() where !names.contains(name) { refuse(name, message) }
    }

    package func isRefused(_ name: String) -> Bool { refusedNames.contains(name) }

    package mutating func refuse(_ name: String, _ message: String) {
        guard refusedNames.insert(name).inserted else { return }
        refused.append(InvalidInput.Field(name, message))
    }

    /// At most `maxLength` UTF-16 code units.
    package mutating func string(_ name: String, maxLength: Int) -> String? {
        guard let value = value(name) else { return nil }
        guard case .string(let string) = value else {
            refuse(name, "Send text.")
            return nil
        }
        guard !string.unicodeScalars.contains("\0") else {
            refuse(name, "Remove the NUL character.")
            return nil
        }
        guard string.utf8.count <= maxLength || string.codeUnits <= maxLength else {
            refuse(name, "Use at most \(maxLength) characters.")
            return nil
        }
        return string
    }

    package mutating func integer(_ name: String, in range: ClosedRange<Int>) -> Int? {
        guard let value = value(name) else { return nil }
        guard case .integer(let integer) = value, let number = Int(exactly: integer),
            range.contains(number)
        else {
            let bounds =
                range.lowerBound == .min || range.upperBound == .max
                ? "" : " from \(range.lowerBound) to \(range.upperBound)"
            refuse(name, "Send a whole number\(bounds).")
            return nil
        }
        return number
    }

    /// Text by a catalog rule, judged after trimming: at least so many characters that can be seen,
    /// at most so many UTF-16 code units, which is how the vendor counts.
    package mutating func text(_ name: String, rule: FieldRule, isRequired: Bool) -> String? {
        guard let given = string(name, maxLength: .max) else {
            if isRequired, !isRefused(name) { refuse(name, "This field is needed.") }
            return nil
        }
        let text = given.trimmed
        if let allowed = rule.enum {
            guard allowed.contains(text) else {
                refuse(name, "Choose one of \(allowed.joined(separator: ", ")).")
                return nil
            }
            return text
        }
        if let maximum = rule.maxLength, text.codeUnits > maximum {
            refuse(name, "Use at most \(maximum) characters; this has \(text.codeUnits).")
            return nil
        }
        if let minimum = rule.minLength, text.visibleCharacters < minimum {
            refuse(
                name,
                "Use at least \(minimum) characters that can be seen; this has "
                    + "\(text.visibleCharacters).")
            return nil
        }
        if rule.format == "uri" {
            return publicAddress(name, text)
        }
        return text.isEmpty && !isRequired ? nil : text
    }

    /// The address in the form that it is kept and used in; refused unless it is a public one, or
    /// at an origin excepted.
    package mutating func publicAddress(
        _ name: String, _ text: String, except exceptions: [Origin] = []
    ) -> String? {
        do throws(AddressProblem) {
            return try WebURL(public: text, except: exceptions).text
        } catch {
            refuse(name, error.message)
            return nil
        }
    }

    /// Throws ``InvalidInput`` when anything was refused.
    package func finish() throws {
        guard refused.isEmpty else { throw InvalidInput(refused) }
    }
}
