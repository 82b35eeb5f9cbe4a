import HTTP
import HTTPTypes
import Testing

@testable import Rushes

struct ConsoleAnswerTests {
    private func answer(_ json: String, status: Int = 200) -> ConsoleAnswer {
        ConsoleAnswer(
            Response(
                status: .init(code: status), contentType: "application/json",
                body: Array(json.utf8)))
    }

    @Test func `a list is a table, and says how the next page is had`() {
        let list = answer(#"{"items":[{"id":"a","n":1},{"id":"long","n":null}],"nextCursor":"c"}"#)
        #expect(
            list.text(["id", "n"]) == """
                id    n
                a     1
                long  -
                More: --cursor c
                """)
        #expect(answer(#"{"items":[],"nextCursor":null}"#).text(["id"]) == "There is none.")
    }

    @Test func `one thing is lines, with its lists below`() {
        let thing = answer(#"{"b":true,"a":1.5,"notes":[{"t":"x"}],"none":[],"ids":[1,2]}"#)
        #expect(
            thing.text([]) == """
                a  1.5
                b  yes
                ids  1, 2

                notes
                t
                x
                """)
    }

    @Test func `what people wrote moves no terminal`() {
        let list = answer(#"{"items":[{"t":"a\u001b[31m\nb\u202e"}]}"#)
        #expect(list.text(["t"]) == "t\na\u{FFFD}[31m\u{FFFD}b\u{FFFD}")
        #expect(list.json.contains(#"\u001b"#))
    }

    @Test func `a refusal has each problem`() {
        let refused = answer(
            #"{"error":{"message":"No.","details":[{"field":"a","message":"Say it."}]}}"#,
            status: 400)
        #expect(!refused.isGood)
        #expect(refused.refusal == "No. a: Say it.")
        #expect(answer("", status: 500).refusal == "the answer was 500")
        #expect(answer("", status: 204).json == "{}" && answer("", status: 204).text([]) == "Done.")
    }

    @Test func `a call is what a page would send`() throws {
        let list = ConsoleCall.look("users", ["q": "a&b=\u{e9} c", "limit": nil]).request
        #expect(list.path == "/api/admin/users")
        #expect(list.queryString == "q=a%26b%3D%C3%A9%20c")
        #expect(Query(list.queryString)["q"] == "a&b=\u{e9} c")
        let act = ConsoleCall.act(
            "users/1/notes", key: "k", ["reason": .text("a\"b"), "amount": nil, "n": .number(2)])
        #expect(act.request.source.parameter("HTTP_IDEMPOTENCY_KEY") == "k")
        #expect(
            String(decoding: try act.request.source.body(upTo: 99), as: UTF8.self)
                == #"{"reason":"a\"b","n":2}"#)
        #expect(throws: BodyTooLarge.self) { try act.request.source.body(upTo: 3) }
    }
}
