import FoundationEssentials
import HTTP
package import Pollo
package import Sandbox

/// Pollo in memory as far as books are compared with it: how tasks ended, and what is left of the
/// credits. What it says is the sandbox's ``PolloAccount``.
package final class TinyPollo {
    package typealias Standing = PolloAccount.Standing

    private let account = PolloAccount(apiKey: "key") { Date() }
    /// What befalls each call of a path.
    private var mishaps: [String: Wire.Mishap] = [:]

    /// Hundredths of a credit; nil: there is no answer.
    package var balance: Int? {
        didSet { show(balance) }
    }

    package init(balance: Int = 100_00) {
        self.balance = balance
        show(balance)
    }

    /// A task stands so; nil: there is no answer about it. It cost so many hundredths of a credit;
    /// nil: the answer does not tell.
    package func tell(_ task: String, _ standing: Standing?, hundredths: Int? = nil) {
        account.adopt(task)
        if let standing { account.put(task, standing) }
        if let hundredths { account.charge(task, hundredths: hundredths) }
        let untold = hundredths == nil ? Wire.Mishap.changed(member: "credit", to: "null") : nil
        mishaps["/generation/\(task)/status"] = standing == nil ? .answerLost : untold
    }

    /// The paths that were called, in their order.
    package var calls: [String] { account.wire.requests.map { path($0) } }

    package var client: PolloClient {
        PolloClient(apiKey: "key", base: "https://pollo.example\(base)", family: .classic) {
            (request) throws(TransportError) in
            if let mishap = self.mishaps[self.path(request)] { self.account.wire.meet(mishap, "/") }
            return try self.account.send(request)
        }
    }

    private func show(_ balance: Int?) {
        if let balance { account.balanceHundredths = balance }
        mishaps["/credit/balance"] = balance == nil ? .answerLost : nil
    }

    private func path(_ request: OutboundRequest) -> String {
        String(request.path.dropFirst(base.utf8.count))
    }
}

private let base = "/api/platform"
