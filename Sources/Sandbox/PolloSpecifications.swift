import HTTP
import HTTPTypes
import JSON

extension PolloModel {
    /// Three that no code of the shop knows: an operator sells them by their specification.
    static let others = [
        PolloModel(
            path: "minimax/minimax-hailuo-02", brandV1: "minimax", creditHundredths: 700,
            text: Branch(
                required: ["prompt"],
                rules: [
                    "prompt": .text(1...2000), "length": .seconds([6, 10]),
                    "resolution": .choice(["768p", "1080p"]), "promptOptimizer": .flag,
                ], defaults: ["resolution": "768p"]),
            image: Branch(
                required: ["image"],
                rules: [
                    "image": .url, "prompt": .text(1...2000), "length": .seconds([6, 10]),
                    "resolution": .choice(["768p", "1080p"]), "promptOptimizer": .flag,
                ], defaults: ["resolution": "768p"])),
        PolloModel(
            path: "vidu/vidu-q1", brandV1: "vidu", creditHundredths: 600,
            text: Branch(
                required: ["prompt", "aspectRatio"],
                rules: [
                    "prompt": .text(1...1500), "length": .seconds([5]),
                    "aspectRatio": .choice(["16:9", "9:16", "1:1"]),
                    "style": .choice(["general", "anime"]), "seed": seed,
                ], defaults: ["aspectRatio": "16:9"]),
            image: Branch(
                required: ["image"],
                rules: [
                    "image": .url, "prompt": .text(1...1500), "length": .seconds([5]),
                    "movementAmplitude": .choice(["auto", "small", "large"]), "seed": seed,
                ])),
        PolloModel(
            path: "google/veo-3-fast", brandV1: "google", creditHundredths: 4000,
            text: Branch(
                required: ["prompt", "resolution"],
                rules: [
                    "prompt": .text(1...1000), "negativePrompt": .text(1...1000),
                    "length": .seconds([4, 6, 8]), "aspectRatio": .choice(["16:9", "9:16"]),
                    "resolution": .choice(["720p", "1080p"]), "generateAudio": .flag,
                    "seed": .integer(0...4_294_967_295),
                ], defaults: ["aspectRatio": "16:9", "resolution": "720p"]),
            image: Branch(
                required: ["image", "resolution"],
                rules: [
                    "image": .url, "prompt": .text(1...1000), "length": .seconds([4, 6, 8]),
                    "resolution": .choice(["720p", "1080p"]), "generateAudio": .flag,
                ], defaults: ["resolution": "720p"])),
    ]

    /// The model's OpenAPI document, as the vendor publishes one for each.
    var specification: [UInt8] {
        let branches = [text, image].compactMap { $0?.schema }
        var json = JSONWriter()
        json.literal(
            """
            {"openapi":"3.0.1","info":{"title":\(path.quoted),"version":"1"},"paths":{\
            "/generation/\(path)":{"post":{"requestBody":{"content":{"application/json":{"schema":\
            {"type":"object","required":["input"],"properties":{\
            "input":{"anyOf":[\(branches.joined(separator: ","))]},\
            "webhookUrl":{"type":"string"}}}}}}}}}}
            """)
        return json.bytes
    }
}

extension PolloModel.Branch {
    fileprivate var schema: String {
        let properties = rules.keys.sorted().map { name in
            let usual = defaults[name].map { ",\"default\":\($0.quoted)" } ?? ""
            return "\(name.quoted):{\(rules[name]?.schema ?? "")\(usual)}"
        }
        let needed = required.sorted().map(\.quoted).joined(separator: ",")
        return """
            {"type":"object","required":[\(needed)],\
            "properties":{\(properties.joined(separator: ","))}}
            """
    }
}

extension PolloRule {
    /// The members of a schema.
    fileprivate var schema: String {
        switch self {
        case .url: return #""type":"string","format":"uri""#
        case .text(let range):
            return """
                "type":"string","minLength":\(range.lowerBound),"maxLength":\(range.upperBound)
                """
        case .choice(let words):
            let named = words.map(\.quoted).joined(separator: ",")
            return "\"type\":\"string\",\"enum\":[\(named)]"
        case .seconds(let choices):
            return "\"type\":\"integer\",\"enum\":\(choices)"
        case .integer(let range):
            return """
                "type":"integer","minimum":\(range.lowerBound),"maximum":\(range.upperBound)
                """
        case .flag: return #""type":"boolean""#
        }
    }
}

extension Sandbox {
    /// `GET /specifications` lists them, `GET /specifications/{brand}/{model}` is one.
    func specification(_ path: ArraySlice<String>) -> Response {
        let name = path.joined(separator: "/")
        if let model = PolloModel.all.first(where: { $0.path == name }) {
            return Response(
                status: .ok, contentType: "application/json", body: model.specification)
        }
        guard path.isEmpty else { return .text(.notFound, "There is no model \(name).") }
        let names = PolloModel.all.map { "/specifications/\($0.path)".quoted }
        return Response(
            status: .ok, contentType: "application/json",
            body: Array(#"{"items":[\#(names.joined(separator: ","))]}"#.utf8))
    }
}
