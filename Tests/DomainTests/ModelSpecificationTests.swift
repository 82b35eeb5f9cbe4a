import Domain
import Testing

@Suite struct `Specifications of models` {
    private func problems(_ text: String) -> [String] {
        do throws(UnusableSpecification) {
            _ = try ModelSpecification(text)
            return []
        } catch {
            return error.problems
        }
    }

    private let prompt = #""prompt":{"type":"string","maxLength":2000}"#
    private let length = #""length":{"type":"integer","enum":[6,10]}"#
    private let image = #""image":{"type":"string","format":"uri"}"#

    @Test func `the input's alternatives are our modes`() throws {
        let specification = try ModelSpecification(
            """
            {"anyOf":[
              {"required":["prompt"],"properties":{\(prompt),\(length),
                "aspectRatio":{"type":"string","enum":["16:9","9:16"],"default":"9:16"}}},
              {"required":["image"],"properties":{\(prompt),\(image),
                "length":{"type":"number","enum":[10,6,8]}}}]}
            """)
        #expect(specification.durations == [6, 10])
        let text = try #require(specification.fields.text)
        #expect(text.keys.sorted() == ["aspectRatio", "prompt"])
        #expect(text["prompt"]?.maxLength == 1000)
        #expect(text["prompt"]?.minLength == 3)
        #expect(text["aspectRatio"]?.enum == ["16:9", "9:16"])
        #expect(text["aspectRatio"]?.default == "9:16")
        #expect(text["aspectRatio"]?.alwaysSent == nil)
        let image = try #require(specification.fields.image)
        #expect(image["image"]?.required == true)
        #expect(image["image"]?.format == "uri")
    }

    @Test func `a picture that may be left out makes both modes, one that is demanded only one`()
        throws
    {
        let both = try ModelSpecification(
            #"{"required":["prompt"],"properties":{\#(prompt),\#(length),\#(image)}}"#)
        #expect(both.fields.text?.keys.contains("image") == false)
        #expect(both.fields.image?["image"]?.required == true)
        let one = try ModelSpecification(
            #"{"required":["image"],"properties":{\#(prompt),\#(length),\#(image)}}"#)
        #expect(one.fields.text == nil && one.fields.image != nil)
        let none = try ModelSpecification(#"{"properties":{\#(prompt),\#(length)}}"#)
        #expect(none.fields.text != nil && none.fields.image == nil)
    }

    @Test func `an OpenAPI document is read through its references`() throws {
        let specification = try ModelSpecification(
            """
            {"openapi":"3.0.1","paths":{"/generation/a/b":{"post":{"requestBody":{"content":{
              "application/json":{"schema":{"$ref":"#/components/schemas/Body"}}}}}}},
             "components":{"schemas":{
              "Body":{"properties":{"input":{"allOf":[{"$ref":"#/components/schemas/Base"},
                {"properties":{\(length),"seed":{"type":["integer","null"],"minimum":-5}}}]}}},
              "Base":{"required":["prompt","resolution"],"properties":{\(prompt),
                "resolution":{"anyOf":[{"type":"string","enum":["720p"],"default":"720p"},
                  {"type":"null"}]},
                "generateAudio":{"type":"boolean"}}}}}}
            """)
        let text = try #require(specification.fields.text)
        #expect(specification.leftOut == ["generateAudio"])
        #expect(text["resolution"]?.alwaysSent == true)
        #expect(text["resolution"]?.required == false)
        #expect(text["seed"]?.minimum == -5)
        #expect(text["seed"]?.maximum == 2_147_483_647)
    }

    @Test func `what cannot be sold is told, all of it at once`() {
        #expect(
            problems(
                """
                {"required":["prompt","voice"],"properties":{"prompt":{"type":"string"},
                 "voice":{"type":"string"}}}
                """)
                == [
                    "from words, it does not say which whole seconds it takes",
                    "from words, it demands voice, which an order cannot carry",
                ])
        let cases: [(String, String)] = [
            ("", "it is no JSON object"), ("[]", "it is no JSON object"),
            ("{}", "it describes no input of a create call"),
            (#"{"properties":{"length":{"enum":[5]}}}"#, "from words, it takes no prompt"),
            (
                #"{"properties":{\#(prompt),"length":{"type":"string","enum":["5"]}}}"#,
                "from words, it does not say which whole seconds it takes"
            ),
            (
                #"""
                {"required":["mode"],"properties":{\#(prompt),\#(length),
                "mode":{"type":"integer"}}}
                """#,
                "from words, it demands mode, which an order cannot carry"
            ),
        ]
        for (text, problem) in cases { #expect(problems(text) == [problem], "\(text)") }
    }

    @Test(arguments: [
        (#"{"enum":[5,10]}"#, [5, 10]),
        (#"{"type":"integer","minimum":4,"maximum":6}"#, [4, 5, 6]),
        (#"{"type":"integer","minimum":5,"maximum":15,"multipleOf":5}"#, [5, 10, 15]),
        (#"{"const":8}"#, [8]), (#"{"enum":[5,0,-1,61,99999999999]}"#, [5]),
    ])
    func `lengths are listed or between two ends`(schema: String, seconds: [Int]) throws {
        let text = #"{"properties":{\#(prompt),"length":\#(schema)}}"#
        #expect(try ModelSpecification(text).durations == seconds)
    }

    @Test func `hostile documents end`() {
        let loop = """
            {"properties":{"input":{"$ref":"#/properties/input"}}}
            """
        #expect(!problems(loop).isEmpty)
        let deep =
            String(repeating: #"{"anyOf":["#, count: 15) + "{}"
            + String(repeating: "]}", count: 15)
        #expect(!problems(deep).isEmpty)
        // A short document that is its own part, five hundred times at each depth.
        let selves = Array(repeating: ##"{"$ref":"#/properties/input"}"##, count: 500)
            .joined(separator: ",")
        for word in ["anyOf", "allOf"] {
            let text = #"{"properties":{"input":{"\#(word)":[\#(selves)]}}}"#
            let begin = ContinuousClock.now
            #expect(!problems(text).isEmpty)
            #expect(begin.duration(to: .now) < .seconds(5))
        }
        // Alternatives of alternatives are cut, not multiplied.
        let wide = (0..<30).map { #"{"properties":{"p\#($0)":{"type":"string"}}}"# }
            .joined(separator: ",")
        let all = (0..<30).map { _ in #"{"anyOf":[\#(wide)]}"# }.joined(separator: ",")
        #expect(!problems(#"{"allOf":[\#(all)]}"#).isEmpty)
    }
}
