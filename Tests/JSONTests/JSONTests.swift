import JSON
import Testing

@Test func `a written object parses back to the same values`() throws {
    var json = JSONWriter()
    json.beginObject()
    json.member("text", "a \"quoted\" \\ line\nwith \u{1} control and 🎬")
    json.member("count", 3)
    json.member("missing", nil as String?)
    json.key("list")
    json.beginArray()
    json.literal("1.55")
    json.bool(true)
    json.beginObject()
    json.endObject()
    json.endArray()
    json.endObject()

    let value = try JSONValue(parsing: json.bytes)
    #expect(value["text"]?.string == "a \"quoted\" \\ line\nwith \u{1} control and 🎬")
    #expect(value["count"] == .integer(3))
    #expect(value["missing"] == .null)
    #expect(value["list"]?.array?.count == 3)
}

@Test(arguments: ["", "{", "[1,]", "{\"a\":1,}", "{'a':1}", "{\"a\":NaN}", "nul", "{\"a\":1} x"])
func `text that is not JSON is refused`(text: String) {
    #expect(throws: (any Error).self) { try JSONValue(parsing: Array(text.utf8)) }
}

@Test(arguments: [#"[",]"]"#, #"{"a":",}"}"#, #"["\",]"]"#, "[1 , 2 ]"])
func `commas in strings and between values are taken`(text: String) throws {
    _ = try JSONValue(parsing: Array(text.utf8))
}

@Test func `bytes that are not UTF-8 are refused`() {
    #expect(throws: (any Error).self) {
        try JSONValue(parsing: [0x22, 0xC3, 0x28, 0x22])
    }
}

@Test func `nesting without end is refused, not followed`() {
    let deep = Array(String(repeating: "[", count: 100_000).utf8)
    #expect(throws: (any Error).self) { try JSONValue(parsing: deep) }
}

@Test func `whole numbers, fractions and words are told apart`() throws {
    let value = try JSONValue(parsing: Array(#"{"a":5,"b":5.5,"c":"5","d":true,"e":1e2}"#.utf8))
    #expect(value["a"] == .integer(5))
    #expect(value["b"]?.integer == nil)
    #expect(value["c"] == .string("5"))
    #expect(value["d"] == .bool(true))
    #expect(value["e"] == .integer(100))
}
