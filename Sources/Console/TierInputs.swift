import API
import Domain
import JSON
import Texts

extension Inputs {
    static let tierID = Input<String>(
        "id", "As orders name it.", as: .text(atMost: 32, pattern: "^[a-z][a-z0-9-]{1,31}$"),
        example: "swift".quoted
    ) { reader, name in
        guard let id = reader.string(name, maxLength: 32) else { return nil }
        let isRight =
            id.utf8.count >= 2 && id.utf8.first.map { (97...122).contains($0) } == true
            && id.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }
        if isRight, id != "auto" { return id }
        reader.refuse(name, .tierIDMalformed)
        return nil
    }
    static let newName = line("name", "As people read it.", example: "Swift")
    static let model = line("model", "The model's own name.", example: "Hailuo 02")
    static let vendorPath = Input<String>(
        "vendorPath", "Brand and model, as the vendor's classic calls name them.",
        as: .text(atMost: 200), example: "minimax/minimax-hailuo-02".quoted
    ) { reader, name in
        guard let path = reader.string(name, maxLength: 200) else { return nil }
        let parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let isRight =
            parts.count == 2
            && parts.allSatisfy { part in
                !part.isEmpty
                    && part.allSatisfy {
                        (97...122).contains($0) || (48...57).contains($0) || $0 == 45
                    }
            }
        if isRight { return path }
        reader.refuse(name, .vendorPathMalformed)
        return nil
    }
    static let newCost = costPerSecond.needed(example: "0.08")
    static let newPrice = pricePerSecond.needed(example: "0.25")
    static let features = Input<[String]>(
        "features", "What it is good at, a few words each.",
        as: .array(of: .text(atLeast: 1, atMost: 80)), isRequired: false,
        example: #"["Quick"]"#
    ) { reader, name in
        guard let value = reader.value(name) else { return nil }
        let features = value.array?.map { $0.string?.trimmed ?? "" }
        if let features, features.count <= 8,
            features.allSatisfy({ $0.isOneLine && (1...80).contains($0.visibleCharacters) })
        {
            return features
        }
        reader.refuse(name, .featuresMalformed)
        return nil
    }
    static let specification = Input<ModelSpecification>(
        "specification",
        "The model's OpenAPI document, or the JSON Schema of its create call, as text.",
        as: .text(atMost: 60_000), example: specificationExample.quoted
    ) { reader, name in
        guard let text = reader.string(name, maxLength: 60_000) else { return nil }
        do throws(UnusableSpecification) {
            return try ModelSpecification(text)
        } catch {
            let problems = error.problems.prefix(10).joined(separator: "; ")
            reader.refuse(name, .specificationUnusable, ["problems": .text(problems.cut(to: 1000))])
            return nil
        }
    }

    static let trialPrompt = Input.text("prompt", atMost: 1000, isRequired: false)
    static let trialImage = Input.text(
        "image", "An upload's id or an address; needed where the tier needs it.", atMost: 2000,
        isRequired: false)
    static let trialSeconds = Input<Int>(
        "duration", "In seconds; left out, the shortest.", as: .integer(in: 1...60),
        isRequired: false
    ) { $0.integer($1, in: 1...60) }

    private static let specificationExample = #"""
        {"type":"object","required":["prompt"],"properties":{"prompt":{"type":"string"},\#
        "length":{"enum":[6,10]}}}
        """#

    /// One line of at most a hundred characters.
    private static func line(_ name: String, _ says: String, example: String) -> Input<String> {
        Input(name, says, as: .text(atMost: 100), example: example.quoted) { reader, name in
            guard let text = reader.string(name, maxLength: 100)?.trimmed else { return nil }
            if text.isOneLine, text.visibleCharacters >= 1 { return text }
            reader.refuse(name, .fieldNeeded)
            return nil
        }
    }
}
