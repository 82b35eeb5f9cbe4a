package import JSON
import Texts

/// A field that a body may hold: how it is read and refused, and its schema.
package struct Input<Value>: Sendable {
    package let about: InputNotes
    fileprivate let read: @Sendable (inout FieldReader, String) -> Value?

    /// - Parameters:
    ///   - isRequired: whether it is refused when it is missing; whoever reads it does that.
    ///   - example: JSON text; without one the field is not in the example.
    package init(
        _ name: String, _ says: String? = nil, as schema: Schema, isRequired: Bool = true,
        example: String? = nil,
        read: @escaping @Sendable (inout FieldReader, String) -> Value?
    ) {
        about = InputNotes(
            name: name, schema: schema.says(says), isRequired: isRequired, example: example)
        self.read = read
    }
}

/// What a schema says of a field that a body may hold.
package struct InputNotes: Sendable {
    package let name: String
    package let schema: Schema
    package let isRequired: Bool
    package let example: String?
}

extension Input where Value == String {
    /// Text of at most so many UTF-16 code units.
    package static func text(
        _ name: String, _ says: String? = nil, atMost maximum: Int, format: String? = nil,
        isRequired: Bool = true, example: String? = nil
    ) -> Input {
        Input(
            name, says, as: .text(atMost: maximum, format: format), isRequired: isRequired,
            example: example?.quoted
        ) { $0.string($1, maxLength: maximum) }
    }

    /// Text that is judged by whoever takes it: what is no text counts as missing.
    package static func plain(
        _ name: String, _ says: String? = nil, as schema: Schema = .type("string"),
        isRequired: Bool = true, example: String? = nil
    ) -> Input {
        Input(name, says, as: schema, isRequired: isRequired, example: example?.quoted) {
            $0.value($1)?.string
        }
    }
}

extension Input where Value == Int {
    package static func integer(
        _ name: String, _ says: String? = nil, in range: ClosedRange<Int>, default value: Int
    ) -> Input {
        Input(
            name, says, as: .integer(in: range).with("default", "\(value)"), isRequired: false
        ) { $0.integer($1, in: range) ?? value }
    }
}

extension Input where Value == Bool {
    package static func flag(
        _ name: String, _ says: String? = nil, example: String? = nil
    ) -> Input {
        Input(name, says, as: .type("boolean"), isRequired: false, example: example) {
            reader, name in
            guard let value = reader.value(name) else { return false }
            if value.bool == nil { reader.refuse(name, .sendBoolean) }
            return value.bool
        }
    }
}

extension Input {
    /// The same field, where it may be left out.
    package var optional: Input {
        Input(
            about: InputNotes(
                name: about.name, schema: about.schema, isRequired: false, example: nil),
            read: read)
    }

    /// The same field, where it has to be there.
    package func needed(example: String) -> Input {
        Input(
            about: InputNotes(
                name: about.name, schema: about.schema, isRequired: true, example: example),
            read: read)
    }

    private init(
        about: InputNotes, read: @escaping @Sendable (inout FieldReader, String) -> Value?
    ) {
        self.about = about
        self.read = read
    }
}

extension FieldReader {
    /// Whether the field is there, be it `null`.
    package func has<Value>(_ input: Input<Value>) -> Bool { given(input.about.name) != nil }

    /// The value of a field; nil when it is missing or was refused.
    package mutating func read<Value>(_ input: Input<Value>) -> Value? {
        input.read(&self, input.about.name)
    }

    /// The value of a field that has to be there; nil when it was refused.
    package mutating func needed<Value>(_ input: Input<Value>) -> Value? {
        let name = input.about.name
        if let value = read(input) { return value }
        if !isRefused(name) { refuse(name, .fieldNeeded) }
        return nil
    }
}

extension Money {
    /// Dollars as they stand in JSON; nil when that is no exact amount within a million.
    package init?(_ json: JSONValue) {
        switch json {
        case .integer(let dollars) where (-1_000_000...1_000_000).contains(dollars):
            self.init(micros: dollars * 1_000_000)
        case .number(let dollars): self.init(dollars: "\(dollars)")
        default: return nil
        }
    }
}

extension Schema {
    package static let dollars = Schema.type("number").says("US dollars, exact.")
}
