import Domain
import Testing

/// What is sent to the vendor, model by model: a field that the model ignores
/// would be a video that nobody ordered, and a missing one another length at the same price.
struct VendorInputTests {
    private static let prompt = "A fox runs through fresh snow"
    private static let image = "https://example.org/fox.jpg"
    private static let tail = "https://example.org/den.jpg"

    /// The fields as `name=value`, in the order in which they are sent.
    private func sent(_ members: String) throws -> [String] {
        let order = try draft(#"{"prompt": "\#(Self.prompt)", \#(members)}"#)
        return order.vendorInput.map { field in
            switch field.value {
            case .string(let text): "\(field.name)=\(text)"
            case .integer(let number): "\(field.name):\(number)"
            }
        }
    }

    private static let withImage = #""image": "\#(image)", "imageTail": "\#(tail)""#

    @Test(arguments: ["economy", "pro"])
    func `Kling in text mode gets every field it takes`(tier: String) throws {
        let input = try sent(
            """
            "tier": "\(tier)", "duration": 10, "negativePrompt": "blur", "strength": 0,
            "aspectRatio": "9:16"
            """)
        #expect(
            input == [
                "prompt=\(Self.prompt)", "negativePrompt=blur", "length:10", "strength:0",
                "aspectRatio=9:16",
            ])
    }

    @Test(arguments: ["economy", "pro"])
    func `Kling in image mode gets every field it takes`(tier: String) throws {
        let input = try sent(
            """
            "tier": "\(tier)", "duration": 5, \(Self.withImage), "negativePrompt": "blur",
            "strength": 100, "mode": "pro"
            """)
        #expect(
            input == [
                "image=\(Self.image)", "imageTail=\(Self.tail)", "prompt=\(Self.prompt)",
                "negativePrompt=blur", "mode=pro", "length:5", "strength:100",
            ])
    }

    @Test func `Pollo in text mode gets every field it takes`() throws {
        let input = try sent(
            """
            "tier": "basic", "duration": 5, "resolution": "1080p", "mode": "pro",
            "aspectRatio": "4:3", "seed": 2147483647
            """)
        #expect(
            input == [
                "prompt=\(Self.prompt)", "resolution=1080p", "mode=pro", "length:5",
                "aspectRatio=4:3", "seed:2147483647",
            ])
    }

    @Test func `Pollo in image mode gets every field it takes`() throws {
        let input = try sent(
            """
            "tier": "basic", "duration": 10, \(Self.withImage), "resolution": "720p",
            "mode": "basic", "seed": 0
            """)
        #expect(
            input == [
                "image=\(Self.image)", "imageTail=\(Self.tail)", "prompt=\(Self.prompt)",
                "resolution=720p", "mode=basic", "length:10", "seed:0",
            ])
    }

    @Test func `Runway gets every field it takes`() throws {
        let input = try sent(
            """
            "tier": "premium", "duration": 10, "image": "\(Self.image)", "aspectRatio": "21:9",
            "seed": 7
            """)
        #expect(
            input == [
                "image=\(Self.image)", "prompt=\(Self.prompt)", "length:10",
                "aspectRatio=21:9", "seed:7",
            ])
    }

    @Test(
        arguments: [
            ("economy", "", []), ("pro", "", []), ("basic", "", ["resolution=480p"]),
            ("economy", withImage, []), ("pro", withImage, []),
            ("basic", withImage, ["resolution=480p"]),
            ("premium", #""image": "\#(image)""#, []),
        ] as [(String, String, [String])])
    func `what was not asked for is left out, but for what the vendor demands`(
        tier: String, images: String, demanded: [String]
    ) throws {
        let members = [#""tier": "\#(tier)""#, #""duration": 5"#, images]
        let input = try sent(members.filter { !$0.isEmpty }.joined(separator: ", "))
        #expect(
            input.filter { !$0.hasPrefix("image") }
                == ["prompt=\(Self.prompt)"] + demanded + ["length:5"])
    }

    @Test(arguments: ["economy", "basic", "pro", "premium"])
    func `the length is always sent, as a number`(tier: String) throws {
        let order = try draft(
            """
            {"tier": "\(tier)", "prompt": "\(Self.prompt)", "duration": 10,
             "image": "\(Self.image)"}
            """)
        #expect(order.vendorInput.contains(VendorField("length", .integer(10))))
    }

    @Test func `what is kept with the job is what was ordered, in its order`() throws {
        let order = try draft(
            """
            {"tier": "economy", "prompt": "\(Self.prompt) \\"é\\"", "duration": 5,
             "image": "\(Self.image)", "strength": 30}
            """)
        #expect(try [VendorField](json: order.vendorInput.json) == order.vendorInput)
        #expect(
            [VendorField("a", .string("1")), VendorField("b", .integer(2))].json
                == #"[["a","1"],["b",2]]"#)
    }

    @Test(arguments: ["{}", "[1]", #"[["a"]]"#, #"[["a",true]]"#, #"[[1,"a"]]"#, "[", ""])
    func `anything else is no input`(text: String) {
        #expect(throws: (any Error).self) { try [VendorField](json: text) }
    }
}
