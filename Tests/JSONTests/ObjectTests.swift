import JSON
import Testing

private struct Inner: JSONObject {
    let number: Int

    static var schemaName: String? { "Inner" }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == Inner {
        fields.field("number", "How many.", example: "7") { $0.number }
    }
}

private struct Outer: JSONObject {
    let text: String?
    let inner: [Inner]
    let flag: Bool?

    static func list<List: FieldList>(_ fields: inout List) where List.Source == Outer {
        fields.field("text") { $0.text }
        fields.field("inner") { $0.inner }
        fields.optional("flag") { $0.flag }
        fields.include { $0.inner.first ?? Inner(number: 0) }
    }
}

struct ObjectTests {
    private func written(_ outer: Outer) -> String {
        var json = JSONWriter()
        outer.write(to: &json)
        return String(decoding: json.bytes, as: UTF8.self)
    }

    @Test func `one list writes a value`() {
        #expect(
            written(Outer(text: nil, inner: [Inner(number: 1), Inner(number: 2)], flag: true))
                == #"{"text":null,"inner":[{"number":1},{"number":2}],"flag":true,"number":1}"#)
        #expect(
            written(Outer(text: "a\"b", inner: [], flag: nil))
                == #"{"text":"a\"b","inner":[],"number":0}"#)
    }

    @Test func `the same list is the schema, in which what may be left out is not required`() {
        var schemas = Schemas()
        let schema = Outer.schema(&schemas).json
        #expect(
            schema
                == """
                {"type":"object","required":["text","inner","number"],"properties":{\
                "text":{"type":["string","null"]},\
                "inner":{"type":"array","items":{"$ref":"#/components/schemas/Inner"}},\
                "flag":{"type":"boolean"},\
                "number":{"type":"integer","description":"How many."}}}
                """)
        #expect(schemas.named.map(\.name) == ["Inner"])
        #expect(
            schemas.named.first?.value
                == """
                {"type":"object","required":["number"],"properties":{\
                "number":{"type":"integer","description":"How many."}}}
                """)
    }

    @Test func `the same list makes an example`() {
        #expect(Outer.example == #"{"text":null,"inner":[{"number":7}],"number":7}"#)
    }

    @Test func `what a field says stands before what its type says`() {
        let money = Schema.type("number").says("Exact.")
        #expect(
            money.says("What is paid.").json
                == #"{"type":"number","description":"What is paid. Exact."}"#)
        #expect(money.says(nil).json == money.json)
    }

    @Test func `what may be null says so`() {
        #expect(Schema.words(["a"]).orNull.json == #"{"enum":["a",null]}"#)
        #expect(
            Schema.text(format: "uri").orNull.json == #"{"type":["string","null"],"format":"uri"}"#)
        #expect(
            Schema.reference("A").orNull.json
                == ##"{"oneOf":[{"$ref":"#/components/schemas/A"},{"type":"null"}]}"##)
    }
}
