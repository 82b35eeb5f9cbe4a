import FoundationEssentials
package import JSON
import RandomSupport
import Testing

private func parse(_ text: String, depth: Int = 32) throws(JSONError) -> JSONValue {
    try JSONValue(parsing: Array(text.utf8), depth: depth)
}

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

@Test(arguments: [
    "", " ", "{", "}", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[,]", "[1 2]", "[1,,2]", "[1:2]",
    #"{"a"}"#, #"{"a":}"#, #"{"a":1"#, #"{"a":1,"#, #"{"a":1,}"#, #"{,"a":1}"#, #"{"a":1,,"b":2}"#,
    #"{"a" 1}"#, #"{"a",1}"#, "{a:1}", "{1:1}", "{null:1}", "{'a':1}", #"{"a":1} x"#, "1 2", "[]]",
    "{}}", "[1}", #"{"a":1]"#, "[] // end", "/* */ []", "# []", "nul", "nulll", "True", "NULL",
    "tru", "truee", "fals", "NaN", "[NaN]", "Infinity", "-Infinity", "undefined", "-", "+1", "01",
    "-01", "00", "1.", ".5", "-.5", "1.e5", "1e", "1e+", "1e-", "1e5.5", "0x10", "1_000", "1,000",
    "１", "--1", "1-1", "e5", "1 e5", "- 1", "\"", "\"a", #""\"#, #""\""#, #""\x""#, #""\a""#,
    #""\'""#, #""\u""#, #""\u12""#, #""\u123""#, #""\u12G4""#, #""\u+123""#, #""\U0041""#,
    #""\uD800""#, #""\uDC00""#, #""\uD800x""#, #""\uD800\n""#, #""\uD800\uD800""#,
    #""\uD800\u0041""#, #""\uDC00\uD800""#, #""\uD83D\uDE""#, "\"a\nb\"", "\"a\tb\"", "\"a\rb\"",
    "\"\u{0}\"", "\"\u{1F}\"", "\u{0}", "[1]\u{0}", "\u{FEFF}[]", "[\u{A0}1]", "[\u{2028}1]",
    "[1\u{B}]", "[\u{C}]", "'a'", "a", "[a]", "\\n", "[\"a\" \"b\"]", #"{"a":1 "b":2}"#, ":", ",",
])
func `text that is not JSON is refused`(text: String) {
    #expect(throws: JSONError.malformed) { try parse(text) }
}

@Test(
    arguments: [
        ("null", .null), (" null ", .null), ("true", .bool(true)), ("false", .bool(false)),
        ("0", 0), ("-0", 0), ("-1", -1), ("1e5", 100_000), ("1E5", 100_000), ("1e+5", 100_000),
        ("0.0", 0), ("-0.0", 0), ("0e0", 0), ("1.5e0", .number(1.5)),
        ("1e-5", .number(Decimal(sign: .plus, exponent: -5, significand: 1))),
        ("\"\"", ""), (#""\/""#, "/"), (#""\u0000""#, "\u{0}"), ("\"\u{7F}\"", "\u{7F}"),
        ("\"\u{2028}\"", "\u{2028}"), ("\"\u{10FFFF}\"", "\u{10FFFF}"),
        ("[]", []), ("\t[\r\n]\t", []), ("[[[]]]", [[[]]]), (#"[",]"]"#, [",]"]),
        (#"["\",]"]"#, ["\",]"]), ("[1 , 2 ]", [1, 2]), ("{}", [:]), ("{ }", [:]),
        (#"{"":1}"#, ["": 1]), (#"{"a":",}"}"#, ["a": ",}"]),
        (#"{"a":1,"A":2}"#, ["a": 1, "A": 2]),
        (#"{ "a" : [ { } , null ] }"#, ["a": [[:], .null]]),
    ] as [(String, JSONValue)])
func `text that is JSON is the value that it writes`(text: String, value: JSONValue) throws {
    #expect(try parse(text) == value)
}

@Test(
    arguments: [
        [0x22, 0xC3, 0x28, 0x22], [0x22, 0xFF, 0x22], [0x22, 0xC0, 0xAF, 0x22],
        [0x22, 0xE2, 0x82, 0x22],
        [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], [0x22, 0x80, 0x22],
        [0x22, 0x5C, 0x6E, 0xC3, 0x22], [0x22, 0x5C, 0xC3, 0xA9, 0x22],
        [0xFF, 0xFE, 0x5B, 0, 0x5D, 0],
        [0, 0x5B, 0, 0x5D], [0x7B, 0x22, 0xC3, 0x22, 0x3A, 0x31, 0x7D],
    ] as [[UInt8]])
func `bytes that are not UTF-8 are refused`(bytes: [UInt8]) {
    #expect(throws: JSONError.malformed) { try JSONValue(parsing: bytes) }
}

@Test func `escapes mean what RFC 8259 says`() throws {
    #expect(
        try parse(#""\" \\ \/ \b \f \n \r \t \u0041 \u00e9 \uD83C\uDFAC \ud83c\udfac""#)
            == .string("\" \\ / \u{8} \u{C} \n \r \t A é 🎬 🎬"))
    #expect(try parse(#""\u0000""#) == .string("\0"))
    #expect(try parse(#""é\u0301""#) == .string("é\u{301}"))
}

// MARK: Names

@Test(arguments: [
    #"{"a":1,"a":1}"#, #"{"a":1,"b":2,"a":3}"#, #"{"a":1,"\u0061":2}"#, #"[{"x":{"a":1,"a":2}}]"#,
    #"{"":1,"":2}"#, #"{"é":1,"\u00e9":2}"#,
    // Swift takes these for the same name, so one would hide the other.
    #"{"\u00e9":1,"e\u0301":2}"#, #"{"K":1,"\u212a":2}"#,
])
func `a name that stands twice is refused`(text: String) {
    #expect(throws: JSONError.duplicateName) { try parse(text) }
}

@Test func `a name is as long as 256 bytes and no longer`() throws {
    let longest = String(repeating: "\u{301}\u{327}", count: 64)
    #expect(try parse("{\"\(longest)\":1}")[longest] == .integer(1))
    #expect(throws: JSONError.longName(limit: 256)) { try parse("{\"\(longest)a\":1}") }
}

@Test func `a name may stand again in another object`() throws {
    let value = try parse(#"{"a":{"a":{"a":1}},"b":[{"a":2},{"a":3}]}"#)
    #expect(value["a"]?["a"]?["a"] == .integer(1))
    #expect(value["b"]?.array?.compactMap { $0["a"] } == [.integer(2), .integer(3)])
}

// MARK: Numbers

@Test func `whole numbers, fractions and words are told apart`() throws {
    let value = try parse(#"{"a":5,"b":5.5,"c":"5","d":true,"e":1e2}"#)
    #expect(value["a"] == .integer(5))
    #expect(value["b"]?.integer == nil)
    #expect(value["c"] == .string("5"))
    #expect(value["d"] == .bool(true))
    #expect(value["e"] == .integer(100))
}

@Test(
    arguments: [
        ("0", 0), ("-0", 0), ("0e999999999999", 0), ("0.000", 0), ("7", 7), ("-7", -7), ("5.0", 5),
        ("50e-1", 5), ("0.5e1", 5), ("1e18", 1_000_000_000_000_000_000), ("120", 120),
        ("9223372036854775807", .max), ("-9223372036854775808", .min),
        ("922337203685477580.7e1", .max),
    ] as [(String, Int64)])
func `a whole number that fits is an integer`(text: String, number: Int64) throws {
    #expect(try parse(text) == .integer(number))
}

@Test(arguments: [
    ("0.1", "0.1"), ("1.55", "1.55"), ("-1.55", "-1.55"), ("1e-5", "0.00001"),
    ("4.50", "4.5"), ("9223372036854775808", "9223372036854775808"),
    ("-9223372036854775809", "-9223372036854775809"), ("1e19", "10000000000000000000"),
    ("12345678901234567890123456789012345678", "12345678901234567890123456789012345678"),
    ("-0.12345678901234567890123456789012345678", "-0.12345678901234567890123456789012345678"),
    ("99999999999999999999999999999999999999", "99999999999999999999999999999999999999"),
    ("1.000000000000000000000000000000000000000000000000", "1"),
    ("10000000000000000000.1", "10000000000000000000.1"),
])
func `any other number is exact`(text: String, expected: String) throws {
    let written =
        switch try parse(text) {
        case .number(let number): number.description
        case .integer(let number): String(number)
        default: ""
        }
    #expect(written == expected)
}

@Test(arguments: [
    "1e128", "1e400", "-1e400", "1e-129", "1e-400", "1e99999999999999999999", "1e-99999999999999",
    "123456789012345678901234567890123456789", "0.100000000000000000000000000000000000001",
    "1e1000000000000000000000000000000",
])
func `a number that cannot be kept exactly is refused`(text: String) {
    #expect(throws: JSONError.inexactNumber) { try parse(text) }
}

// MARK: Cost

@Test(arguments: [(8, "["), (32, "["), (8, "{\"a\":"), (32, "{\"a\":"), (8, "[{\"a\":")])
func `nesting is taken to its limit and no deeper`(depth: Int, opening: String) throws {
    let closing = String(
        opening.reversed().compactMap { $0 == "[" ? "]" : $0 == "{" ? "}" : nil })
    let levels = closing.count
    func nested(_ count: Int) -> String {
        String(repeating: opening, count: count / levels) + "1"
            + String(repeating: closing, count: count / levels)
    }
    _ = try parse(nested(depth), depth: depth)
    #expect(throws: JSONError.tooDeep(limit: depth)) {
        try parse(nested(depth + levels), depth: depth)
    }
    #expect(throws: JSONError.tooDeep(limit: depth)) {
        try parse(String(repeating: opening, count: 100_000), depth: depth)
    }
}

/// Bytes of about `size` that were, or could be, dear to read.
private let hostile: [@Sendable (Int) -> String] = [
    { "[" + Array(repeating: "1", count: $0 / 2).joined(separator: ",") + "]" },
    { "[" + Array(repeating: "-1.25e-3", count: $0 / 9).joined(separator: ",") + "]" },
    { "[" + Array(repeating: "\"\\u00e9\"", count: $0 / 9).joined(separator: ",") + "]" },
    { "[" + Array(repeating: "[]", count: $0 / 3).joined(separator: ",") + "]" },
    { "{" + (0..<($0 / 12)).map { "\"k\($0)\":null" }.joined(separator: ",") + "}" },
    { "[" + Array(repeating: "x", count: $0 / 2).joined(separator: ",") + "]" },
    { String(repeating: "[", count: $0) },
    { String(repeating: "[[[[[[[1],1],1],1],1],1],", count: $0 / 25) },
    { "[" + String(repeating: "9", count: $0) + "]" },
    { "[0." + String(repeating: "0", count: $0) + "1]" },
    { "[1e" + String(repeating: "9", count: $0) + "]" },
    { "\"" + String(repeating: "\\uD83C\\uDFAC", count: $0 / 12) + "\"" },
    { "\"" + String(repeating: "\\", count: $0) },
    { "\"" + String(repeating: "e\u{301}\u{327}", count: $0 / 5) + "\"" },
    { "{\"" + String(repeating: "\u{301}\u{327}", count: $0 / 4) + "\":1}" },
    { size in
        let marks = String(repeating: "\u{301}\u{327}", count: 60)
        return "{" + (0..<(size / 256)).map { "\"\(marks)\($0)\":1" }.joined(separator: ",") + "}"
    },
    { String(repeating: " ", count: $0) + "[" },
    { "[" + Array(repeating: "true,false,null", count: $0 / 16).joined(separator: ",") + "]" },
]

/// Thread CPU time of the best of a few readings.
private func cost(of text: String) -> Duration {
    let bytes = Array(text.utf8)
    return (0..<5).map { _ in
        let start = threadTime()
        _ = try? JSONValue(parsing: bytes)
        return threadTime() - start
    }.min() ?? .zero
}

/// The text of the first report: 1.8 kB that took five seconds.
@Test func `a failing guess of each value's type costs nothing`() {
    let text =
        String(repeating: "[", count: 500)
        + Array(repeating: "1", count: 400).joined(separator: ",")
        + String(repeating: "]", count: 500)
    #expect(cost(of: text) < .milliseconds(1))
}

@Test(arguments: hostile.indices)
func `reading is linear in the length`(index: Int) {
    var small = cost(of: hostile[index](64 << 10))
    var large = cost(of: hostile[index](512 << 10))
    // Once more, and longer, before it is a finding: a neighbour on the machine takes its caches.
    for _ in 0..<20 where large >= small * 16 + .milliseconds(1) || large >= .milliseconds(200) {
        small = min(small, cost(of: hostile[index](64 << 10)))
        large = min(large, cost(of: hostile[index](512 << 10)))
    }
    // Eight times the bytes; the caches and the machine's noise are granted as much again.
    #expect(large < small * 16 + .milliseconds(1), "\(small) and \(large)")
    // A megabyte of a vendor's is read in a moment too: nothing takes more than 400 ns a byte.
    #expect(large < .milliseconds(200), "\(large)")
}

// MARK: Random bytes

/// Whatever is done to good text, it is refused, or read to a value that is written and read again
/// to the same.
@Test(arguments: 1...4 as ClosedRange<UInt64>)
func `changed text is refused or understood`(seed: UInt64) throws {
    let pieces = [
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\uD800", "0", "-", ".", "e", "1e9",
        "null", "true", " ", "\n", "\u{0}", "\u{FEFF}", "é", "e\u{301}", "\u{10FFFF}", "a", "k1",
    ]
    let good = Array(
        #"{"k1":[1,-2.5,1e3,"a\n\u00e9",{"k2":null,"k3":[true,false]}],"k4":"text","k5":{}}"#.utf8)
    var random = SplitMix64(seed: seed)
    var taken = 0
    for _ in 0..<20_000 {
        var bytes = good
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let place = Int.random(in: 0...bytes.count, using: &random)
            let end = min(bytes.count, place + Int.random(in: 0...4, using: &random))
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes.removeSubrange(place..<end)
            case 1: bytes.insert(contentsOf: bytes[place..<end], at: place)
            case 2 where place < bytes.count:
                bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            default:
                let piece = pieces.randomElement(using: &random) ?? ""
                bytes.replaceSubrange(place..<end, with: piece.utf8)
            }
        }
        guard let value = try? JSONValue(parsing: bytes) else { continue }
        taken += 1
        var json = JSONWriter()
        write(value, &json)
        let again = try JSONValue(parsing: json.bytes)
        #expect(again == value, "\(String(decoding: bytes, as: UTF8.self))")
        // The bytes are UTF-8 and no NUL stands in them: both would have been refused.
        #expect(String(validating: bytes, as: UTF8.self) != nil && !bytes.contains(0))
    }
    #expect(taken > 100)
}

private func write(_ value: JSONValue, _ json: inout JSONWriter) {
    switch value {
    case .null: json.null()
    case .bool(let bool): json.bool(bool)
    case .integer(let integer): json.integer(integer)
    case .number(let number): json.literal(number.description)
    case .string(let string): json.string(string)
    case .array(let elements):
        json.beginArray()
        for element in elements { write(element, &json) }
        json.endArray()
    case .object(let members):
        json.beginObject()
        for (name, member) in members {
            json.key(name)
            write(member, &json)
        }
        json.endObject()
    }
}

extension JSONValue: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(stringLiteral value: String) { self = .string(value) }
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(Dictionary(elements) { first, _ in first })
    }
}
