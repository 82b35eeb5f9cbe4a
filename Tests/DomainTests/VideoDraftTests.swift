import Domain
import JSON
import Testing
import Texts

/// Judges the JSON text of a request by the price list of a new shop.
func draft(_ json: String, for purpose: DraftPurpose = .order) throws -> VideoDraft {
    try VideoDraft(
        JSONValue(parsing: Array(json.utf8)), catalog: SeededCatalog.catalog, for: purpose)
}

/// The fields that the request is refused for, in order; empty when it is taken.
private func refused(_ json: String, for purpose: DraftPurpose = .order) throws -> [String] {
    do {
        _ = try draft(json, for: purpose)
        return []
    } catch let error as InvalidInput {
        return error.fields.map(\.field)
    }
}

/// A good request with one member more, or with one replaced.
private func request(_ member: String = "", tier: String = "economy") -> String {
    let name = member.split(separator: ":").first.map(String.init) ?? ""
    let members = [
        #""tier": "\#(tier)""#, #""prompt": "\#(fox)""#, #""duration": 5"#,
    ].filter { name.isEmpty || !$0.hasPrefix(name) }
    return "{\((members + [member].filter { !$0.isEmpty }).joined(separator: ", "))}"
}

private let fox = "A fox runs through fresh snow"
private let image = #""image": "https://example.org/fox.jpg""#

struct VideoDraftTests {
    @Test func `a good request is taken as it is`() throws {
        let order = try draft(
            """
            {"tier": "economy", "prompt": "  \(fox)\\n", "negativePrompt": "blur",
             "duration": 10, "aspectRatio": "9:16", "strength": 70, "count": 3,
             "webhookUrl": "https://example.org/hook"}
            """)
        var settings = VideoSettings(prompt: fox)
        settings.negativePrompt = "blur"
        settings.aspectRatio = "9:16"
        settings.strength = 70
        #expect(order.tier.id == "economy")
        #expect(order.reason == nil)
        #expect(order.settings == settings)
        #expect(order.duration == 10)
        #expect(order.count == 3)
        #expect(order.webhookURL == "https://example.org/hook")
        #expect(order.price == Money(cents: 200))
        #expect(order.total == Money(cents: 600))
    }

    @Test func `what is left out or null is one video without extras`() throws {
        let order = try draft(request(#""negativePrompt": null, "count": null, "seed": null"#))
        #expect(order.settings == VideoSettings(prompt: fox))
        #expect(order.count == 1)
        #expect(order.webhookURL == nil)
    }

    // MARK: Prompt

    @Test(arguments: [
        ("abc", 3), ("🦊🦊🦊", 6), ("   abc   ", 3), ("雪中狐", 3), ("かわいい狐", 5),
        ("एक लोमड़ी बर्फ", 14), ("狐狸跑", 3), ("e\u{301}e\u{301}e\u{301}", 6), ("a\u{200B}bc", 4),
        (String(repeating: "x", count: 1000), 1000), (String(repeating: "é", count: 1000), 1000),
        (String(repeating: "🦊", count: 500), 1000), (String(repeating: "👩‍🚀", count: 200), 1000),
    ])
    func `a prompt of 3 characters to 1000 code units is taken`(
        prompt: String, codeUnits: Int
    ) throws {
        #expect(
            try draft(request(#""prompt": "\#(prompt)""#)).settings.prompt.codeUnits == codeUnits)
    }

    @Test(arguments: [
        "", "ab", "🦊🦊", "  ab          ", "a\u{301}\u{302}b", "नम",
        String(repeating: "\u{200B}", count: 10), String(repeating: "\u{3164}", count: 10),
        "a\u{200B}\u{200B}\u{200B}b", "\u{202E}\u{2066}\u{2069}\u{FEFF}\u{AD}",
        String(repeating: "x", count: 1001), String(repeating: "🦊", count: 501),
        String(repeating: "🦊", count: 600), "a" + String(repeating: "\u{301}", count: 1000),
        #"a fox\u0000in the snow"#,
    ])
    func `a prompt that is short, long or holds a NUL is refused`(prompt: String) throws {
        #expect(try refused(request(#""prompt": "\#(prompt)""#)) == ["prompt"])
    }

    @Test(arguments: ["7", "true", "[]", "{}", "null", #"["a fox in the snow"]"#])
    func `a prompt that is no text is refused`(value: String) throws {
        #expect(try refused(request(#""prompt": \#(value)"#)) == ["prompt"])
    }

    // MARK: Duration and count

    @Test(arguments: [5, 10])
    func `five and ten seconds are taken`(seconds: Int) throws {
        #expect(try draft(request(#""duration": \#(seconds)"#)).duration == seconds)
    }

    @Test(arguments: [
        "4", "6", "7", "8", "9", "11", "0", "-5", "5.5", #""5""#, "null", "true", "[5]", "{}",
        "5e30", "9223372036854775807", "9223372036854775808",
    ])
    func `any other duration is refused`(value: String) throws {
        #expect(try refused(request(#""duration": \#(value)"#)) == ["duration"])
    }

    @Test(arguments: ["0", "5", "-1", "1.5", #""2""#, "true", "[1]"])
    func `a count that is not 1 to 4 is refused`(value: String) throws {
        #expect(try refused(request(#""count": \#(value)"#)) == ["count"])
    }

    // MARK: Tier

    @Test(arguments: [
        #""platinum""#, #""Economy""#, #""""#, #"" economy""#, "7", "null", "{}",
        #""economy\u0000""#,
    ])
    func `an unknown tier is refused`(value: String) throws {
        #expect(try refused(request(#""tier": \#(value)"#)) == ["tier"])
    }

    @Test func `a tier that is switched off is refused and never chosen`() throws {
        let all = SeededCatalog.catalog
        let tiers = all.tiers.map { tier in
            Tier(
                id: tier.id, name: tier.name, model: tier.model, vendorPath: tier.vendorPath,
                costPerSecond: tier.costPerSecond, pricePerSecond: tier.pricePerSecond,
                durations: tier.durations, features: tier.features, fields: tier.fields,
                isPopular: tier.isPopular, isEnabled: tier.id != "economy")
        }
        let catalog = Catalog(version: 2, tiers: tiers, packages: all.packages)
        func order(_ tier: String) throws -> VideoDraft {
            try VideoDraft(
                JSONValue(parsing: Array(request(tier: tier).utf8)), catalog: catalog)
        }
        #expect(throws: InvalidInput.self) { try order("economy") }
        #expect(try order("auto").tier.id == "basic")
    }

    @Test func `premium without an image is refused, and taken with one`() throws {
        #expect(try refused(request(tier: "premium")) == ["image"])
        #expect(try draft(request(image, tier: "premium")).tier.id == "premium")
    }

    // MARK: Fields

    @Test(arguments: [
        ("economy", #""seed": 1"#, "seed"), ("economy", #""resolution": "720p""#, "resolution"),
        ("economy", #""mode": "std""#, "mode"),
        ("economy", #""imageTail": "https://example.org/a.jpg""#, "imageTail"),
        ("basic", #""negativePrompt": "blur""#, "negativePrompt"),
        ("basic", #""strength": 50"#, "strength"),
        ("pro", #""seed": 1"#, "seed"), ("pro", #""resolution": "720p""#, "resolution"),
        ("pro", #""mode": "pro""#, "mode"),
    ])
    func `a field of another model is refused in text mode`(
        tier: String, member: String, field: String
    ) throws {
        #expect(try refused(request(member, tier: tier)) == [field])
    }

    @Test(arguments: [
        ("economy", #""aspectRatio": "16:9""#, "aspectRatio"),
        ("basic", #""aspectRatio": "16:9""#, "aspectRatio"),
        ("pro", #""aspectRatio": "16:9""#, "aspectRatio"),
        ("premium", #""negativePrompt": "blur""#, "negativePrompt"),
        ("premium", #""resolution": "720p""#, "resolution"),
        ("premium", #""imageTail": "https://example.org/a.jpg""#, "imageTail"),
        ("premium", #""mode": "pro""#, "mode"), ("premium", #""strength": 5"#, "strength"),
    ])
    func `a field of another model is refused with an image`(
        tier: String, member: String, field: String
    ) throws {
        #expect(try refused(request("\(image), \(member)", tier: tier)) == [field])
    }

    @Test(arguments: [
        #""duraton": 5"#, #""negative_prompt": "blur""#, #""Prompt": "x""#, #""": 1"#,
        #""userId": "1""#, #""price": 0"#, #""length": 5"#, #""motionStrength": 3"#,
    ])
    func `a field that does not exist is refused`(member: String) throws {
        let name = member.split(separator: "\"", omittingEmptySubsequences: false)[1]
        #expect(try refused(request(member)) == [String(name)])
    }

    @Test(arguments: [
        ("economy", #""aspectRatio": "4:3""#), ("economy", #""aspectRatio": 1"#),
        ("economy", #""strength": 101"#), ("economy", #""strength": -1"#),
        ("economy", #""strength": "50""#), ("economy", #""strength": 1.5"#),
        ("economy", #""negativePrompt": 5"#), ("economy", #""allowCached": true"#),
        ("basic", #""resolution": "4k""#),
        ("basic", #""mode": "std""#), ("basic", #""seed": -1"#),
        ("basic", #""seed": 2147483648"#), ("basic", #""aspectRatio": "21:9""#),
        ("economy", #""webhookUrl": "http://example.org/""#),
        ("economy", #""webhookUrl": "https://127.0.0.1/""#), ("economy", #""webhookUrl": 1"#),
    ])
    func `a value that the field does not take is refused`(tier: String, member: String) throws {
        let name = String(member.split(separator: "\"")[0])
        #expect(try refused(request(member, tier: tier)) == [name])
    }

    @Test func `a negative prompt has at most 500 code units`() throws {
        func member(_ count: Int) -> String {
            #""negativePrompt": "\#(String(repeating: "🦊", count: count))""#
        }
        #expect(try refused(request(member(250))) == [])
        #expect(try refused(request(member(251))) == ["negativePrompt"])
        #expect(try refused(request(#""negativePrompt": "a\u0000b""#)) == ["negativePrompt"])
        #expect(try draft(request(#""negativePrompt": "  ""#)).settings.negativePrompt == nil)
    }

    @Test(arguments: [
        "http://example.org/a.jpg", "https://localhost/a.jpg", "https://127.0.0.1/a.jpg",
        "https://10.0.0.1/a.jpg", "https://192.168.1.1/a.jpg", "https://169.254.169.254/",
        "https://[::1]/a.jpg", "https://user:pass@example.org/a.jpg", "ftp://example.org/a.jpg",
        "data:image/png;base64,iVBORw0KGgo=", "fox.jpg", "",
    ])
    func `an image that is private or not HTTPS is refused`(url: String) throws {
        for tier in ["economy", "basic", "pro", "premium"] {
            #expect(try refused(request(#""image": "\#(url)""#, tier: tier)) == ["image"])
        }
    }

    @Test(arguments: ["5", "true", "[]", #"{"url": "https://example.org/a.jpg"}"#])
    func `an image that is no text is refused`(value: String) throws {
        #expect(try refused(request(#""image": \#(value)"#)) == ["image"])
    }

    @Test func `the tail of an image is judged like the image`() throws {
        let tail = #""imageTail": "http://10.0.0.1/a.jpg""#
        #expect(try refused(request("\(image), \(tail)", tier: "pro")) == ["imageTail"])
    }

    // MARK: The whole

    @Test(arguments: ["[]", "null", "7", #""text""#, "true"])
    func `a body that is no object is refused`(json: String) throws {
        #expect(try refused(json) == ["body"])
    }

    @Test func `an empty object is refused for each field that is needed`() throws {
        #expect(Set(try refused("{}")) == ["tier", "prompt", "duration"])
    }

    @Test func `all bad fields are named at once and each once`() throws {
        let fields = try refused(
            """
            {"tier": "basic", "prompt": "ab", "negativePrompt": "x", "duration": 6,
             "resolution": "4k", "mode": "std", "strength": 5, "seed": -1, "count": 9,
             "allowCached": 3, "webhookUrl": "x", "image": "http://10.0.0.1/", "imageTail": "y",
             "aspectRatio": "1:1", "typo": 1}
            """)
        #expect(fields.count == 14)
        #expect(
            Set(fields) == [
                "prompt", "negativePrompt", "duration", "resolution", "mode", "strength", "seed",
                "count", "allowCached", "webhookUrl", "image", "imageTail", "aspectRatio", "typo",
            ])
    }

    @Test func `without a good tier the other fields are judged all the same`() throws {
        let fields = try refused(
            #"{"tier": "none", "prompt": "ab", "duration": 6, "image": "http://a.b/"}"#)
        #expect(Set(fields) == ["tier", "prompt", "duration", "image"])
    }

    @Test func `a refusal says what to do`() throws {
        let error = #expect(throws: InvalidInput.self) {
            try draft(#"{"tier": "premium", "prompt": "ab", "duration": 6}"#)
        }
        #expect(
            error?.fields.map { $0.phrase.text() } == [
                "Choose 5 or 10 seconds, as a number.",
                "Premium makes a video from an image. Add one.",
                "Use at least 3 characters that can be seen; this has 2.",
            ])
    }

    // MARK: Quotes

    @Test func `a quote needs the tier and the duration alone`() throws {
        let quote = try draft(#"{"tier": "premium", "duration": 10}"#, for: .quote)
        #expect(quote.total == Money(cents: 930))
        #expect(try draft(#"{"tier": "auto", "duration": 5}"#, for: .quote).tier.id == "economy")
        #expect(try refused(#"{"tier": "pro"}"#, for: .quote) == ["duration"])
        #expect(Set(try refused("{}", for: .quote)) == ["tier", "duration"])
    }

    @Test func `what is given in a quote must be right`() throws {
        let json = #"{"tier": "pro", "duration": 5, "prompt": "ab", "seed": 1, "x": 1}"#
        #expect(Set(try refused(json, for: .quote)) == ["prompt", "seed", "x"])
    }
}

struct SmartRoutingTests {
    @Test(arguments: [
        ("", "economy"), (image, "economy"), (#""negativePrompt": "blur""#, "economy"),
        (#""seed": 7"#, "basic"), (#""resolution": "1080p""#, "basic"),
        (#""aspectRatio": "4:3""#, "basic"), (#""mode": "basic""#, "basic"),
        (#"\#(image), "mode": "pro""#, "economy"), (#"\#(image), "mode": "basic""#, "basic"),
        (#"\#(image), "imageTail": "https://example.org/b.jpg""#, "economy"),
        (#"\#(image), "seed": 7"#, "basic"), (#"\#(image), "aspectRatio": "16:9""#, "premium"),
        (#"\#(image), "aspectRatio": "21:9", "seed": 7"#, "premium"),
    ])
    func `auto is the cheapest tier that takes all that is asked`(
        member: String, tier: String
    ) throws {
        let order = try draft(request(member, tier: "auto"))
        #expect(order.tier.id == tier)
        let name = try #require(SeededCatalog.catalog.tier(tier)?.name)
        #expect(order.reason?.text().hasPrefix("\(name) is the cheapest tier") == true)
    }

    @Test(arguments: [
        #""negativePrompt": "blur", "seed": 7"#, #""aspectRatio": "21:9""#,
        #""imageTail": "https://example.org/b.jpg""#, #""mode": "std""#,
        #"\#(image), "aspectRatio": "1:1", "negativePrompt": "blur""#,
    ])
    func `auto is refused when no tier takes all that is asked`(member: String) throws {
        #expect(try refused(request(member, tier: "auto")).contains("tier"))
    }

    @Test func `auto judges the fields by the tier it has chosen`() throws {
        #expect(try refused(request(#""seed": -1"#, tier: "auto")) == ["seed"])
        #expect(try refused(request(#""prompt": "ab""#, tier: "auto")) == ["prompt"])
    }
}
