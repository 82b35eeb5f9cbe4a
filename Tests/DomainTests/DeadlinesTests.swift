import Domain
import Testing

@Suite struct `J9 deadlines` {
    @Test func `the deadlines are those of the design when nothing is said`() {
        let deadlines = JobDeadlines()
        #expect(deadlines.queue == .seconds(3600))
        #expect(deadlines.unknown == .seconds(2700))
        #expect(deadlines.render == .seconds(1200))
        #expect(deadlines.store == .seconds(86_400))
        #expect(JobDeadlines("queue=60m,unknown=45m,render=20m,store=24h") == deadlines)
    }

    @Test func `what is left out keeps its default`() {
        var expected = JobDeadlines()
        expected.render = .seconds(3)
        #expect(JobDeadlines("render=3s") == expected)
        expected.store = .milliseconds(1500)
        #expect(JobDeadlines(" store = 1500ms , render = 3s ") == expected)
    }

    @Test(arguments: [
        "queue", "queue=", "queue=60", "queue=0s", "queue=-1s", "queue=1.5h", "wait=1s",
        "queue=60m;render=1s", "Queue=60m", "queue==1s", "queue=1s=2s",
        "queue=60m,queue=3m",
    ])
    func `a malformed deadline is refused`(text: String) {
        #expect(JobDeadlines(text) == nil)
    }
}

struct CallLimitTests {
    @Test(
        arguments: [
            ("10/15m", 10, .seconds(900)), ("1/1s", 1, .seconds(1)),
            ("500/7d", 500, .seconds(604_800)),
        ] as [(String, Int, Duration)])
    func `a limit is a number of calls in a span`(text: String, calls: Int, window: Duration) {
        #expect(CallLimit(text) == CallLimit(calls: calls, window: window))
    }

    @Test(arguments: ["", "10", "10/", "/15m", "0/15m", "-1/15m", "10/0m", "10/15", "ten/15m"])
    func `a malformed limit is refused`(text: String) {
        #expect(CallLimit(text) == nil)
    }
}

struct DurationTests {
    @Test(
        arguments: [
            ("500ms", .milliseconds(500)), ("5s", .seconds(5)), ("15m", .seconds(900)),
            ("24h", .seconds(86_400)), ("90d", .seconds(7_776_000)), ("0s", .zero),
        ] as [(String, Duration)])
    func `a span has a number and a unit`(text: String, span: Duration) {
        #expect(Duration(span: text) == span)
    }

    @Test(arguments: ["", "5", "s", "5S", "5 s", "-5s", "5.0s", "10000001s", "٥s", "5ss"])
    func `a malformed span is refused`(text: String) {
        #expect(Duration(span: text) == nil)
    }

    @Test func `milliseconds are counted whole`() {
        #expect(Duration.milliseconds(1_234).milliseconds == 1_234)
        #expect(Duration.microseconds(1_999).milliseconds == 1)
    }
}

struct BackoffTests {
    private func delay(_ attempt: Int, _ jitter: Double) -> Duration {
        Backoff.delay(
            afterTry: attempt, base: .seconds(2), ceiling: .seconds(60), jitter: jitter)
    }

    @Test(arguments: [(1, 2), (2, 4), (3, 8), (4, 16), (5, 32), (6, 60), (7, 60), (1_000, 60)])
    func `the wait doubles with each try up to its ceiling`(attempt: Int, seconds: Int) {
        #expect(delay(attempt, 1) == .seconds(seconds))
    }

    @Test func `jitter spreads over the upper half of the wait`() {
        #expect(delay(3, 0) == .seconds(4))
        #expect(delay(3, 0.5) == .seconds(6))
        #expect(delay(0, 1) == .seconds(2))
    }
}
