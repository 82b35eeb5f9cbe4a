import Store

extension Courier {
    /// Sends what an operator has asked for, to see whether their webhook takes it, and writes down
    /// what came of it.
    package func testOperatorWebhook() throws {
        guard try database.claimWebhookTest() else { return }
        guard let url = settings.operator.webhook else {
            return try database.noteWebhookTest(
                status: nil, milliseconds: 0, problem: "OPERATOR_WEBHOOK_URL is not set")
        }
        var answer: (status: Int?, problem: String?) = (nil, nil)
        let time = ContinuousClock().measure {
            answer = post(.webhookTest(appURL: settings.appURL), to: url)
        }
        try database.noteWebhookTest(
            status: answer.status, milliseconds: Int(time / .milliseconds(1)),
            problem: answer.problem)
    }
}
