import JSON

/// What a specification says of one field of a model.
struct PropertySchema {
    private let schema: JSONValue

    /// - Parameter schema: with or without the alternative of `null`, which is never sent.
    init(_ schema: JSONValue) {
        let parts = (schema["anyOf"] ?? schema["oneOf"])?.array ?? []
        let real = parts.filter { $0["type"]?.string != "null" }
        self.schema = real.count == 1 ? real[0] : schema
    }

    private var types: [String] {
        guard let type = schema["type"] else { return [] }
        return (type.array ?? [type]).compactMap(\.string).filter { $0 != "null" }
    }

    private var isNumber: Bool { types == ["integer"] || types == ["number"] }
    private var isText: Bool { types == ["string"] }

    /// The rule of ours that keeps to this; nil where an order has no such field, or another kind.
    func rule(for name: String, isRequired: Bool) -> FieldRule? {
        switch name {
        case "prompt": text(isRequired: true, least: 3, most: 1000)
        case "negativePrompt": text(isRequired: isRequired, most: 500)
        case "image": text(isRequired: true, most: 2000, format: "uri")
        case "imageTail": text(isRequired: isRequired, most: 2000, format: "uri")
        case "aspectRatio", "resolution", "mode": choice(isRequired: isRequired)
        case "strength", "seed": number(isRequired: isRequired)
        default: nil
        }
    }

    private func text(
        isRequired: Bool, least: Int? = nil, most: Int, format: String? = nil
    ) -> FieldRule? {
        guard isText, schema["enum"] == nil else { return nil }
        let shortest = whole("minLength").map { max($0, least ?? 0) } ?? least
        let longest = min(whole("maxLength") ?? most, most)
        guard shortest ?? 0 <= longest else { return nil }
        return FieldRule(
            type: .string, required: isRequired,
            minLength: shortest.flatMap { $0 > 0 && format == nil ? $0 : nil },
            maxLength: longest, minimum: nil, maximum: nil, enum: nil, default: nil,
            format: format, alwaysSent: nil)
    }

    /// A choice of short words. Where the model demands one and names the usual, that is sent for who
    /// does not choose.
    private func choice(isRequired: Bool) -> FieldRule? {
        let words = (schema["enum"]?.array ?? []).compactMap(\.string)
        guard isText, (1...30).contains(words.count), words.allSatisfy(Self.isWord),
            words.count == schema["enum"]?.array?.count, Set(words).count == words.count
        else { return nil }
        let usual = schema["default"]?.string.flatMap { words.contains($0) ? $0 : nil }
        return FieldRule(
            type: .string, required: isRequired && usual == nil, minLength: nil, maxLength: nil,
            minimum: nil, maximum: nil, enum: words, default: usual, format: nil,
            alwaysSent: isRequired && usual != nil ? true : nil)
    }

    private static func isWord(_ word: String) -> Bool {
        (1...16).contains(word.utf8.count)
            && word.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    private func number(isRequired: Bool) -> FieldRule? {
        guard isNumber, schema["enum"] == nil else { return nil }
        let least = max(whole("minimum") ?? 0, -2_147_483_648)
        let most = min(whole("maximum") ?? 2_147_483_647, 4_294_967_295)
        guard least <= most else { return nil }
        let usual = whole("default").flatMap { (least...most).contains($0) ? $0 : nil }
        return FieldRule(
            type: .integer, required: isRequired && usual == nil, minLength: nil, maxLength: nil,
            minimum: Int64(least), maximum: Int64(most), enum: nil,
            default: usual.map(String.init), format: nil,
            alwaysSent: isRequired && usual != nil ? true : nil)
    }

    /// The whole seconds that this takes, shortest first; empty when it does not say, or takes text.
    var seconds: [Int] {
        guard isNumber || types.isEmpty else { return [] }
        let values = schema["enum"]?.array ?? schema["const"].map { [$0] }
        if let values {
            let seconds = values.compactMap(\.integer).compactMap { Int(exactly: $0) }
            return Set(seconds.filter((1...60).contains)).sorted()
        }
        guard let least = whole("minimum"), let most = whole("maximum"), least >= 1, most <= 60,
            least <= most
        else { return [] }
        let step = max(whole("multipleOf") ?? 1, 1)
        return (least...most).filter { $0.isMultiple(of: step) }
    }

    private func whole(_ name: String) -> Int? {
        schema[name]?.integer.flatMap { Int(exactly: $0) }
    }
}
