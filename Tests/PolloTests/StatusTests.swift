import HTTP
import HTTPTypes
import Pollo
import Testing

private func status(
    _ recorded: Recorded, of taskID: String = "cm1", _ family: PolloFamily = .classic
) -> Result<PolloTask, PolloStatusFailure> {
    Result { () throws(PolloStatusFailure) in try recorded.client(family).status(of: taskID) }
}

private func state(_ body: String) throws -> PolloTask.State {
    try status(Recorded(200, body)).get().state
}

/// What J8 rests on: which answers say something about the task.
struct StatusTests {
    @Test func `the answer on the wire is read`() throws {
        let recorded = Recorded(
            200,
            #"{"code":"SUCCESS","message":"success","data":{"taskId":"cm1","credit":11.13,"costUsd":0.67,"input":{"prompt":"a fox"},"generations":[{"id":"g1","status":"succeed","failMsg":null,"url":"https://videocdn.pollo.ai/1.mp4","cover":"c","mediaType":"video","createdDate":"2026-01-01T00:00:00.000Z","updatedDate":"2026-01-01T00:01:30.000Z"}]}}"#
        )
        let task = try status(recorded).get()
        #expect(
            task
                == PolloTask(
                    state: .succeeded(url: "https://videocdn.pollo.ai/1.mp4"),
                    creditHundredths: 1113, generationID: "g1"))
        #expect(
            recorded.requests[0].url == "https://pollo.example/api/platform/generation/cm1/status")
        #expect(recorded.requests[0].method == .get)
    }

    @Test func `each family has its own path`() throws {
        let recorded = Recorded(200, #"{"generations":[]}"#)
        _ = try status(recorded, of: "cm1", .v1).get()
        #expect(
            recorded.requests[0].url
                == "https://pollo.example/api/platform/v1/generation/cm1/status")
    }

    @Test(arguments: [
        // Flat, as in the vendor's documents.
        #"{"taskId":"cm1","generations":[{"status":"succeed","url":"https://v/1"}]}"#,
        // `result` and `videoUrl`, as one live integration tolerates.
        #"{"data":{"result":[{"status":"succeed","videoUrl":"https://v/1"}]}}"#,
        #"{"generations":[{"status":"succeed","url":"","videoUrl":"https://v/1"}]}"#,
        // Other words for success, and the task's status where the generation has none.
        #"{"generations":[{"status":"SUCCEEDED","url":" https://v/1 "}]}"#,
        #"{"generations":[{"status":"success","url":"https://v/1"}]}"#,
        #"{"generations":[{"status":"completed","url":"https://v/1"}]}"#,
        #"{"status":"succeed","generations":[{"url":"https://v/1"}]}"#,
        #"{"generations":[{"status":"succeed","url":null},{"status":"succeed","url":"https://v/1"}]}"#,
    ])
    func `a finished task has its link in every shape of the answer`(body: String) throws {
        #expect(try state(body) == .succeeded(url: "https://v/1"))
    }

    @Test(arguments: [
        #"{"generations":[{"status":"succeed","url":""}]}"#,
        #"{"generations":[{"status":"succeed","url":null}]}"#,
        #"{"generations":[{"status":"succeed"}]}"#,
        #"{"status":"succeed"}"#,
        #"{"status":"succeed","generations":[]}"#,
    ])
    func `a finished task without a link is not in progress any more`(body: String) throws {
        #expect(try state(body) == .succeededWithoutURL)
    }

    @Test(arguments: [
        (
            #"{"generations":[{"status":"failed","failMsg":"Content refused","url":""}]}"#,
            "Content refused"
        ),
        (#"{"generations":[{"status":"fail","failMsg":null}]}"#, ""),
        (#"{"generations":[{"status":"ERROR"}]}"#, ""),
        (#"{"taskId":"cm1","status":"failed","result":[{"failMsg":"no"}]}"#, "no"),
        (#"{"status":"failed"}"#, ""),
        (#"{"status":"failed","failMsg":"no"}"#, "no"),
        (
            #"{"generations":[{"status":"succeed","url":"https://v/1"},{"status":"failed","failMsg":"no"}]}"#,
            "no"
        ),
    ])
    func `one failed generation fails the task`(body: String, reason: String) throws {
        #expect(try state(body) == .failed(reason: reason))
    }

    @Test(arguments: [
        "{}", #"{"code":"SUCCESS","data":{"taskId":"cm1"}}"#, #"{"generations":[]}"#,
        #"{"generations":null}"#, #"{"generations":"soon"}"#, #"{"status":"waiting"}"#,
        #"{"generations":[{"status":"waiting","url":""}]}"#,
        #"{"generations":[{"status":"processing","url":"https://v/early"}]}"#,
        #"{"generations":[{"status":"a new word","url":"https://v/1"}]}"#,
        #"{"generations":[{"url":"https://v/1"}]}"#,
        #"{"generations":[{"status":"succeed","url":"https://v/1"},{"status":"processing"}]}"#,
    ])
    func `everything else is in progress`(body: String) throws {
        #expect(try state(body) == .inProgress)
    }

    @Test(arguments: [
        ("4.4", 440), ("11.13", 1113), ("\"4.40\"", 440), ("0", 0), ("1.005", 101), ("1.004", 100),
        ("898.75", 89875), ("\" 7 \"", 700), ("1e2", 10_000), ("0.1", 10),
        ("10000", 1_000_000),
    ])
    func `credits are read exactly, from numbers and texts`(text: String, hundredths: Int) throws {
        let task = try status(Recorded(200, #"{"generations":[],"credit":\#(text)}"#)).get()
        #expect(task.creditHundredths == hundredths)
    }

    @Test(arguments: [
        "null", "\"\"", "\"many\"", "\"1,5\"", "\".5\"", "\"5.\"", "true", "[]", "1e40",
        "\"99999999999999999999\"", "99999999999999999999", "-0.5", "10000.01", "999999999999999",
        "\"999999999999999\"", "70368744177663.99", "-9223372036854775808",
    ])
    func `credits that are no amount are left out and the task is read`(text: String) throws {
        let task = try status(
            Recorded(200, #"{"credit":\#(text),"generations":[{"status":"failed"}]}"#)
        ).get()
        #expect(task == PolloTask(state: .failed(reason: "")))
    }

    @Test func `credits inside a generation are read too`() throws {
        let body = #"{"generations":[{"id":"g1","status":"processing","credit":"4.4"}]}"#
        #expect(try status(Recorded(200, body)).get().creditHundredths == 440)
    }

    @Test(arguments: [
        (404, #"{"message":"NOT_FOUND_ERROR","code":"NOT_FOUND"}"#, PolloObstacle.notFound),
        (401, #"{"code":"UNAUTHORIZED"}"#, .unauthorized),
        (403, #"{"code":"FORBIDDEN","message":"PERMISSION_ERROR"}"#, .unauthorized),
        (403, "<!DOCTYPE html>", .challenge), (503, "<html>", .challenge),
        (429, #"{"code":"RATE_LIMIT"}"#, .rateLimited), (429, "<html>", .rateLimited),
        (200, #"{"code":"NOT_FOUND"}"#, .notFound),
    ])
    func `a question that is turned away says nothing about the task`(
        status code: Int, body: String, obstacle: PolloObstacle
    ) {
        guard case .failure(let failure) = status(Recorded(code, body)) else {
            Issue.record("a task came back")
            return
        }
        #expect(failure.kind == .obstacle(obstacle))
        #expect(failure.message.contains("\(code)"))
    }

    @Test(arguments: [
        (500, #"{"status":"failed"}"#), (502, "<html>"), (400, #"{"status":"failed"}"#),
        (200, "<html>"), (200, ""), (200, "[]"), (200, #"{"status":"failed""#),
        (200, #"{"code":"INTERNAL_SERVER_ERROR","data":{"status":"failed"}}"#),
        (200, #"{"data":{"taskId":"cm2","status":"failed"}}"#),
        (200, #"{"taskId":"cm2","generations":[{"status":"succeed","url":"https://v/1"}]}"#),
        (302, ""),
    ])
    func `an error, another task's answer or nonsense is no answer`(code: Int, body: String) {
        guard case .failure(let failure) = status(Recorded(code, body)) else {
            Issue.record("a task came back")
            return
        }
        #expect(failure.kind == .unavailable)
    }

    @Test func `no connection is no answer`() {
        #expect(
            status(Recorded(.unknown))
                == .failure(PolloStatusFailure(.unavailable, "broken")))
        #expect(
            status(Recorded(.notSent))
                == .failure(PolloStatusFailure(.obstacle(.notSent), "broken")))
    }

    @Test(arguments: ["", "..", "a/b", "cm1?x=1", "cm1#", "é", "cm 1", "cm1\r\n"])
    func `an id that would change the path is not asked for`(taskID: String) {
        let recorded = Recorded(200, "{}")
        guard case .failure(let failure) = status(recorded, of: taskID) else {
            Issue.record("asked")
            return
        }
        #expect(failure.kind == .unavailable)
        #expect(recorded.requests.isEmpty)
    }
}

struct BalanceTests {
    private func balance(_ code: Int, _ body: String) -> Result<PolloBalance, PolloStatusFailure> {
        Result { () throws(PolloStatusFailure) in try Recorded(code, body).client().balance() }
    }

    @Test(arguments: [
        #"{"code":"SUCCESS","data":{"availableCredits":898.75,"totalCredits":1000}}"#,
        #"{"availableCredits":"898.75","totalCredits":"1000","availableAmountUsd":53.9}"#,
    ])
    func `the balance is read exactly, wrapped and flat`(body: String) throws {
        let balance = try balance(200, body).get()
        #expect(balance.availableHundredths == 89875)
        #expect(balance.totalHundredths == 100_000)
    }

    @Test(arguments: [
        (401, #"{"code":"UNAUTHORIZED"}"#, PolloStatusFailure.Kind.obstacle(.unauthorized)),
        (404, #"{"code":"NOT_FOUND"}"#, .obstacle(.notFound)),
        (503, "<html>", .obstacle(.challenge)), (500, "{}", .unavailable),
        (200, "{}", .unavailable),
        (200, #"{"data":{"availableCredits":null}}"#, .unavailable),
    ])
    func `without a balance there is a reason`(
        code: Int, body: String, kind: PolloStatusFailure.Kind
    ) {
        guard case .failure(let failure) = balance(code, body) else {
            Issue.record("a balance came back")
            return
        }
        #expect(failure.kind == kind)
    }

    @Test func `it is asked for at its own address`() throws {
        let recorded = Recorded(200, #"{"availableCredits":1}"#)
        _ = try recorded.client(.v1).balance()
        #expect(recorded.requests[0].url == "https://pollo.example/api/platform/credit/balance")
    }
}

struct CallbackTests {
    @Test(arguments: [
        #"{"taskId":"cm1","status":"succeed"}"#, #"{"data":{"taskId":"cm1"}}"#,
        #"{"taskId":"cm1","status":"failed","result":[{"failMsg":"no"}]}"#,
    ])
    func `a callback names its task`(body: String) {
        #expect(PolloCallback.taskID(in: Array(body.utf8)) == "cm1")
    }

    @Test(arguments: ["", "[]", "{}", #"{"taskId":""}"#, #"{"taskId":1}"#, "<html>"])
    func `a body that names none is recognised`(body: String) {
        #expect(PolloCallback.taskID(in: Array(body.utf8)) == nil)
    }
}
