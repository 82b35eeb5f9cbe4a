import JSON

/// What a field of a create call may hold.
enum PolloRule: Sendable {
    case url
    /// In UTF-16 units, as JavaScript counts.
    case text(ClosedRange<Int>)
    case choice([String])
    case seconds([Int64])
    case integer(ClosedRange<Int64>)
    case flag
}

/// One of the vendor's models, and which fields each of its two branches takes.
struct PolloModel: Sendable {
    /// The path of the classic family; `v1` renames one brand.
    let path: String
    let brandV1: String
    /// Hundredths of a credit for five seconds of the plainest video.
    let creditHundredths: Int
    /// Nil when there is no text-to-video.
    let text: Branch?
    let image: Branch

    struct Branch: Sendable {
        let required: Set<String>
        let rules: [String: PolloRule]
        /// What the specification names as usual.
        var defaults: [String: String] = [:]
    }

    static let seed = PolloRule.integer(-2_147_483_647...2_147_483_647)
    private static let fiveOrTen = PolloRule.seconds([5, 10])
    private static let kling: PolloRule = .choice(["16:9", "9:16", "1:1"])

    /// Those that the shop sells from the start.
    private static let sold = [
        PolloModel(
            path: "kling-ai/kling-v1-6", brandV1: "kling-ai", creditHundredths: 583,
            text: Branch(
                required: ["prompt"],
                rules: [
                    "prompt": .text(1...2500), "negativePrompt": .text(1...2500),
                    "length": fiveOrTen, "strength": .integer(0...100), "aspectRatio": kling,
                ]),
            image: Branch(
                required: ["image"],
                rules: [
                    "image": .url, "imageTail": .url, "prompt": .text(1...2500),
                    "negativePrompt": .text(1...2048), "length": fiveOrTen,
                    "strength": .integer(0...100), "mode": .choice(["std", "pro"]),
                ])),
        PolloModel(
            path: "pollo/pollo-v1-6", brandV1: "pollo-ai", creditHundredths: 833,
            text: Branch(
                required: ["prompt", "resolution"],
                rules: [
                    "prompt": .text(1...1000), "resolution": .choice(["480p", "720p", "1080p"]),
                    "mode": .choice(["basic", "pro"]), "length": fiveOrTen,
                    "aspectRatio": .choice(["16:9", "9:16", "4:3", "3:4", "1:1"]), "seed": seed,
                ]),
            image: Branch(
                required: ["image"],
                rules: [
                    "image": .url, "imageTail": .url, "prompt": .text(1...1000),
                    "resolution": .choice(["480p", "720p", "1080p"]),
                    "mode": .choice(["basic", "pro"]), "length": fiveOrTen, "seed": seed,
                ])),
        PolloModel(
            path: "kling-ai/kling-v2-5-turbo", brandV1: "kling-ai", creditHundredths: 1000,
            text: Branch(
                required: ["prompt"],
                rules: [
                    "prompt": .text(1...1500), "negativePrompt": .text(1...1500),
                    "strength": .integer(0...100), "length": fiveOrTen, "aspectRatio": kling,
                ]),
            image: Branch(
                required: ["image"],
                rules: [
                    "image": .url, "imageTail": .url, "prompt": .text(1...1500),
                    "negativePrompt": .text(1...1500), "strength": .integer(0...100),
                    "length": fiveOrTen, "mode": .choice(["std", "pro"]),
                ])),
        PolloModel(
            path: "runway/runway-gen-4-turbo", brandV1: "runway", creditHundredths: 2500,
            text: nil,
            image: Branch(
                required: ["image"],
                rules: [
                    "image": .url, "prompt": .text(1...1000), "length": fiveOrTen,
                    "aspectRatio": .choice(["16:9", "9:16", "1:1", "4:3", "3:4", "21:9"]),
                    "seed": .integer(Int64.min...Int64.max),
                ])),
    ]

    static let all = sold + others

    /// The model at `kling-ai/kling-v1-6`, or in the v1 family at `pollo-ai/pollo-v1-6`.
    static func at(brand: String, name: String, isV1: Bool) -> PolloModel? {
        all.first { model in
            let (ownBrand, ownName) = model.parts
            return name == ownName && brand == (isV1 ? model.brandV1 : ownBrand)
        }
    }

    private var parts: (brand: String, name: String) {
        let parts = path.split(separator: "/").map(String.init)
        return (parts[0], parts[1])
    }
}

/// A create call's `input` after every rule was applied, under classic names.
struct PolloInput: Codable, Equatable, Sendable {
    var prompt = ""
    var seconds = 5
    /// Nil in image mode where the shape follows the picture.
    var aspectRatio: String?
    var resolution = "480p"
    var mode = ""
    var image: String?

    /// What is wrong with an input, a sentence for each bad field.
    struct Issues: Error, Equatable {
        let messages: [String]
    }

    /// Judges an input by the branch that it falls into: image-to-video when it has an `image`.
    ///
    /// Stricter than the vendor, which ignores what it does not know: a misspelt field would be a
    /// wrong and billed video.
    init(
        _ members: [String: JSONValue], for model: PolloModel, isV1: Bool, uploadsURL: String
    ) throws(Issues) {
        var members = members
        var messages: [String] = []
        let secondsName = isV1 ? "duration" : "length"
        if members.removeValue(forKey: isV1 ? "length" : "duration") != nil {
            messages.append("\(isV1 ? "length" : "duration"): unrecognized key")
        }
        members["length"] = members.removeValue(forKey: secondsName)

        let branch = members["image"] == nil ? model.text : model.image
        guard let branch else { throw Issues(messages: ["image: required"]) }
        for name in branch.required.subtracting(members.keys) {
            messages.append("\(name): required")
        }
        for (name, value) in members {
            let shown = name == "length" ? secondsName : name
            guard let rule = branch.rules[name] else {
                messages.append("\(shown): unrecognized key")
                continue
            }
            if let problem = Self.problem(value, rule, uploadsURL) {
                messages.append("\(shown): \(problem)")
            }
        }
        guard messages.isEmpty else { throw Issues(messages: messages.sorted()) }

        prompt = members["prompt"]?.string ?? ""
        seconds = Int(members["length"]?.integer ?? 5)
        let shape = members["aspectRatio"]?.string
        aspectRatio = branch.rules["aspectRatio"] == nil ? nil : shape ?? "16:9"
        resolution = members["resolution"]?.string ?? "480p"
        mode = members["mode"]?.string ?? ""
        image = members["image"]?.string
    }

    private static func problem(
        _ value: JSONValue, _ rule: PolloRule, _ uploadsURL: String
    ) -> String? {
        switch rule {
        case .url:
            guard let url = value.string else { return "must be a URL" }
            let isAllowed =
                url.hasPrefix("https://") && url.utf8.count > 8 || url.hasPrefix(uploadsURL)
            let isClean = url.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
            return isAllowed && isClean ? nil : "must be an https URL"
        case .text(let range):
            guard let text = value.string else { return "must be a string" }
            return range.contains(text.utf16.count)
                ? nil : "must have \(range.lowerBound) to \(range.upperBound) characters"
        case .choice(let choices):
            return value.string.map(choices.contains) == true
                ? nil : "must be one of \(choices.joined(separator: ", "))"
        case .seconds(let choices):
            let named = choices.map(String.init).joined(separator: " or ")
            return value.integer.map(choices.contains) == true ? nil : "must be \(named)"
        case .flag:
            return value.bool == nil ? "must be a boolean" : nil
        case .integer(let range):
            return value.integer.map(range.contains) == true
                ? nil : "must be an integer from \(range.lowerBound) to \(range.upperBound)"
        }
    }

    /// What the vendor charges, in hundredths of a credit. The factors are the sandbox's own.
    func creditHundredths(_ model: PolloModel) -> Int {
        let factor = (mode == "pro" ? 2 : 1) * (resolution == "1080p" ? 2 : 1)
        return model.creditHundredths * seconds / 5 * factor
    }
}
