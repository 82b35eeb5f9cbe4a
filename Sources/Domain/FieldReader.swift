package import Addresses
package import JSON
package import Texts

/// Reads the members of a JSON object one by one and gathers every complaint.
package struct FieldReader {
    private let members: [String: JSONValue]
    /// Where a catalog's addresses may lead although they are not public.
    var exceptOrigins: [Origin] = []
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
    package mutating func refuseOthers(than names: some Collection<String>, _ why: Phrase.Name) {
        for name in members.keys.sorted() where !names.contains(name) { refuse(name, why) }
    }

    package func isRefused(_ name: String) -> Bool { refusedNames.contains(name) }

    package mutating func refuse(
        _ field: String, _ name: Phrase.Name, _ values: [String: Phrase.Value] = [:]
    ) {
        guard refusedNames.insert(field).inserted else { return }
        refused.append(InvalidInput.Field(field, name, values))
    }

    /// At most `maxLength` UTF-16 code units.
    package mutating func string(_ name: String, maxLength: Int) -> String? {
        guard let value = value(name) else { return nil }
        guard case .string(let string) = value else {
            refuse(name, .sendText)
            return nil
        }
        guard !string.unicodeScalars.contains("\0") else {
            refuse(name, .removeNUL)
            return nil
        }
        guard string.utf8.count <= maxLength || string.codeUnits <= maxLength else {
            refuse(name, .tooLong, ["most": .number(maxLength)])
            return nil
        }
        return string
    }

    package mutating func integer(_ name: String, in range: ClosedRange<Int>) -> Int? {
        guard let value = value(name) else { return nil }
        guard case .integer(let integer) = value, let number = Int(exactly: integer),
            range.contains(number)
        else {
            if range.lowerBound == .min || range.upperBound == .max {
                refuse(name, .sendWholeNumber)
            } else {
                refuse(
                    name, .sendWholeNumberInRange,
                    ["least": .number(range.lowerBound), "most": .number(range.upperBound)])
            }
            return nil
        }
        return number
    }

    /// Text by a catalog rule, judged after trimming: at least so many characters that can be seen,
    /// at most so many UTF-16 code units, which is how the vendor counts.
    package mutating func text(_ name: String, rule: FieldRule, isRequired: Bool) -> String? {
        guard let given = string(name, maxLength: .max) else {
            if isRequired, !isRefused(name) { refuse(name, .fieldNeeded) }
            return nil
        }
        let text = given.trimmed
        if let allowed = rule.enum {
            guard allowed.contains(text) else {
                refuse(name, .chooseOneOf, ["names": .list(allowed)])
                return nil
            }
            return text
        }
        if let maximum = rule.maxLength, text.codeUnits > maximum {
            refuse(
                name, .tooLongCounted,
                ["most": .number(maximum), "present": .number(text.codeUnits)])
            return nil
        }
        if let minimum = rule.minLength, text.visibleCharacters < minimum {
            refuse(
                name, .tooShortCounted,
                ["least": .number(minimum), "present": .number(text.visibleCharacters)])
            return nil
        }
        if rule.format == "uri" {
            return publicAddress(name, text, except: exceptOrigins)
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
            refuse(name, error.phrase.name, error.phrase.values)
            return nil
        }
    }

    /// Throws ``InvalidInput`` when anything was refused.
    package func finish() throws {
        guard refused.isEmpty else { throw InvalidInput(refused) }
    }
}
