import Domain
import HTTP
import HTTPTypes
import Pollo
import Testing

private let hook = "https://shop.example/api/webhooks/pollo/t0ken"

/// What a create call came to.
private func create(
    _ recorded: Recorded, _ family: PolloFamily = .classic, path: String = "kling-ai/kling-v1-6",
    input: [VendorField] = [VendorField("prompt", .string("a fox"))]
) -> Result<String, PolloCreateFailure> {
    Result { () throws(PolloCreateFailure) in
        try recorded.client(family).create(path: path, input: input, webhookURL: hook)
    }
}

struct CreateRequestTests {
    private let wire =
        #"{"code":"SUCCESS","message":"success","data":{"taskId":"cm1","status":"waiting"}}"#

    @Test func `the classic family is spoken as documented`() throws {
        let recorded = Recorded(200, wire)
        let input = [
            VendorField("prompt", .string("a \"fox\"\n/ é 🎬 \u{1}")),
            VendorField("length", .integer(10)),
            VendorField("aspectRatio", .string("16:9")),
        ]
        _ = try create(recorded, path: "pollo/pollo-v1-6", input: input).get()
        let request = try #require(recorded.requests.first)
        #expect(request.method == .post)
        #expect(request.url == "https://pollo.example/api/platform/generation/pollo/pollo-v1-6")
        #expect(request.fields[.contentType] == "application/json")
        let key = try #require(HTTPField.Name("X-API-Key"))
        #expect(request.fields[key] == "pollo_test")
        let body = String(decoding: try #require(request.body), as: UTF8.self)
        #expect(
            body == #"{"input":{"prompt":"a \"fox\"\n/ é 🎬 \u0001","length":10,"#
                + #""aspectRatio":"16:9"},"webhookUrl":"\#(hook)"}"#)
    }

    @Test(arguments: [
        ("pollo/pollo-v1-6", "/v1/generation/pollo-ai/pollo-v1-6/video"),
        ("kling-ai/kling-v1-6", "/v1/generation/kling-ai/kling-v1-6/video"),
        ("runway/runway-gen-4-turbo", "/v1/generation/runway/runway-gen-4-turbo/video"),
    ])
    func `the v1 family has its own paths and calls the seconds duration`(
        path: String, v1: String
    ) throws {
        let recorded = Recorded(200, wire)
        _ = try create(
            recorded, .v1, path: path, input: [VendorField("length", .integer(5))]
        ).get()
        let request = try #require(recorded.requests.first)
        #expect(request.url == "https://pollo.example/api/platform" + v1)
        let body = String(decoding: try #require(request.body), as: UTF8.self)
        #expect(body == #"{"input":{"duration":5},"webhookUrl":"\#(hook)"}"#)
    }

    @Test func `a base with a slash at its end is the same base`() throws {
        let recorded = Recorded(200, wire)
        let client = PolloClient(
            apiKey: "k", base: "https://pollo.example/api/", family: .classic, send: recorded.send)
        _ = try client.create(path: "a/b", input: [], webhookURL: hook)
        #expect(recorded.requests[0].url == "https://pollo.example/api/generation/a/b")
    }
}

/// What J6 rests on: which answers prove that nothing was made.
struct CreateAnswerTests {
    @Test(arguments: [
        #"{"code":"SUCCESS","message":"success","data":{"taskId":"cm1","status":"waiting"}}"#,
        #"{"code":"SUCCESS","data":{"taskId":" cm1 "}}"#,
        #"{"taskId":"cm1","status":"waiting"}"#,
        #"{"code":"success","taskId":"cm1","data":null}"#,
        #"{"data":{"status":"waiting"},"taskId":"cm1","extra":[1e40,{}]}"#,
    ])
    func `the task id is found wrapped and flat`(body: String) throws {
        #expect(try create(Recorded(200, body)).get() == "cm1")
        #expect(try create(Recorded(201, body)).get() == "cm1")
    }

    @Test(arguments: [
        (429, #"{"code":"RATE_LIMIT_EXCEEDED","message":"slow down"}"#, PolloObstacle.rateLimited),
        (429, #"{"message":"Parallel task limit reached"}"#, .rateLimited),
        (
            400, #"{"code":"PARALLEL_TASK_LIMIT_REACHED","message":"Parallel task limit reached"}"#,
            .rateLimited
        ),
        (
            403, #"{"code":"FORBIDDEN","message":"Parallel task limit reached"}"#, .rateLimited
        ),
        (200, #"{"code":"RATE_LIMIT_REACHED"}"#, .rateLimited),
        (
            403, #"{"message":"Not enough credits. Please add more.","code":"FORBIDDEN"}"#,
            .balanceEmpty
        ),
        (200, #"{"message":"Not enough credits.","code":"FORBIDDEN"}"#, .balanceEmpty),
        (402, #"{"message":"payment"}"#, .balanceEmpty),
        (403, #"{"message":"This model is not enabled for API access."}"#, .modelNotEnabled),
        (403, #"{"message":"PERMISSION_ERROR","code":"FORBIDDEN"}"#, .unauthorized),
        (401, #"{"code":"UNAUTHORIZED"}"#, .unauthorized),
        (200, #"{"code":"UNAUTHORIZED","data":null}"#, .unauthorized),
        (404, #"{"message":"Not found","code":"NOT_FOUND"}"#, .notFound),
    ])
    func `an answer that proves that nothing was made says what stands in the way`(
        status: Int, body: String, obstacle: PolloObstacle
    ) {
        guard case .failure(.notCreated(let found, let message)) = create(Recorded(status, body))
        else {
            Issue.record("\(create(Recorded(status, body)))")
            return
        }
        #expect(found == obstacle)
        #expect(message.contains("\(status)"))
    }

    @Test(arguments: [
        (403, "text/html; charset=UTF-8", "<!DOCTYPE html><title>Just a moment...</title>"),
        (503, "text/html", "<html>"), (503, "", "\n <!doctype html>"), (403, "text/plain", ""),
        (404, "text/html", "<html>no such page</html>"),
    ])
    func `a page instead of JSON means that the platform never saw the call`(
        status: Int, type: String, body: String
    ) {
        #expect(
            create(Recorded(status, body, contentType: type))
                == .failure(.notCreated(.challenge, "HTTP \(status) without JSON")))
    }

    @Test(arguments: [
        "a" + String(repeating: "\u{301}", count: 2000), String(repeating: "x", count: 256),
        "../../credit/balance", "cm1\u{301}", "cm 1", "cm1?", "\u{441}m1",
    ])
    func `a task whose id nobody could ask for may have been made all the same`(id: String) {
        #expect(
            create(Recorded(200, #"{"code":"SUCCESS","data":{"taskId":"\#(id)"}}"#))
                == .failure(.unknown("a task without a usable id")))
    }

    @Test(arguments: [1, 399, 400, 401, 500, 2000])
    func `the vendor's words are cut to 500 code points`(marks: Int) {
        let words =
            String(repeating: "w", count: 100) + "e" + String(repeating: "\u{301}", count: marks)
        let body = #"{"code":"BAD_REQUEST","message":"\#(words)"}"#
        guard case .failure(.refused(let message)) = create(Recorded(400, body)) else {
            Issue.record("not refused")
            return
        }
        #expect(message.unicodeScalars.count == (marks > 399 ? 100 : 101 + marks))
    }

    @Test func `a page with 429 is a rate limit`() {
        #expect(
            create(Recorded(429, "<html>", contentType: "text/html"))
                == .failure(.notCreated(.rateLimited, "HTTP 429 without JSON")))
    }

    @Test(arguments: [
        (
            #"{"message":"Input validation failed","code":"BAD_REQUEST","issues":[{"message":"bad length"},{"message":"bad mode"}]}"#,
            "Input validation failed; bad length; bad mode"
        ),
        (
            #"{"message":"Input validation failed","code":"BAD_REQUEST","data":{"issues":[{"message":"bad length"}]}}"#,
            "Input validation failed; bad length"
        ),
        (
            #"{"message":"The model is currently unavailable"}"#,
            "The model is currently unavailable"
        ),
        ("{}", "HTTP 400"),
    ])
    func `a JSON refusal is final and carries the words of every issue`(
        body: String, message: String
    ) {
        #expect(create(Recorded(400, body)) == .failure(.refused(message)))
    }

    @Test func `BAD_REQUEST with status 200 is a refusal too`() {
        #expect(
            create(Recorded(200, #"{"code":"BAD_REQUEST","message":"bad"}"#))
                == .failure(.refused("bad")))
    }

    @Test(arguments: [
        (500, #"{"code":"INTERNAL_SERVER_ERROR","message":"oops"}"#),
        (500, #"{"code":"RATE_LIMIT_EXCEEDED"}"#), (502, "<html>Bad gateway</html>"),
        (504, #"{"code":"NOT_FOUND"}"#), (524, "<html>"), (503, "busy"), (503, "{}"),
        (408, "{}"), (408, "<html>"), (301, ""), (302, "<html>moved</html>"),
        (200, ""), (200, "<html>"), (200, "[]"), (200, #"{"code":"SUCCESS"}"#),
        (200, #"{"code":"SUCCESS","data":{"taskId":""}}"#),
        (200, #"{"code":"SUCCESS","data":{"taskId":null}}"#),
        (200, #"{"code":"SUCCESS","data":{"taskId":7}}"#),
        (200, #"{"code":"INTERNAL_SERVER_ERROR","message":"oops"}"#), (200, #"{"code":"SUCC"#),
        (400, #"{"code":"BAD_REQUEST","data":{"taskId":"cm1"}}"#),
        (200, #"{"code":"FORBIDDEN","data":{"taskId":"cm1"}}"#),
    ])
    func `everything else leaves unknown whether a task was made`(status: Int, body: String) {
        guard case .failure(.unknown) = create(Recorded(status, body, contentType: "")) else {
            Issue.record("\(create(Recorded(status, body, contentType: "")))")
            return
        }
    }

    @Test func `no answer is unknown unless nothing was sent`() {
        #expect(create(Recorded(.unknown)) == .failure(.unknown("broken")))
        #expect(create(Recorded(.tooLarge)) == .failure(.unknown("broken")))
        #expect(create(Recorded(.notSent)) == .failure(.notCreated(.notSent, "broken")))
        #expect(create(Recorded(.refusedAddress)) == .failure(.notCreated(.notSent, "broken")))
    }

    @Test func `a call is sent once, whatever comes of it`() {
        for (status, body) in [(500, "{}"), (429, "{}"), (503, "<html>")] {
            let recorded = Recorded(status, body)
            _ = create(recorded)
            #expect(recorded.requests.count == 1)
        }
    }

    @Test func `an endless message of the vendor is cut`() {
        let body = #"{"message":"\#(String(repeating: "x", count: 10_000))"}"#
        guard case .failure(.refused(let message)) = create(Recorded(400, body)) else {
            Issue.record("not refused")
            return
        }
        #expect(message.count == 500)
    }
}
