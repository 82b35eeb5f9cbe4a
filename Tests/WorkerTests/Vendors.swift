import Foundation
import HTTP
import HTTPTypes
import PaymentSupport
import Pollo
import Sandbox
import Stripe
import Worker

/// What the calls of one kind come to.
enum Reply: Sendable {
    /// The vendor answers, and all its tasks stand so.
    case stands(PolloAccount.Standing)
    /// Something befalls the call.
    case meets(Wire.Mishap)

    static let rendering = stands(.processing)
    static let finishedWithoutLink = stands(.succeeded(link: ""))

    static func finished(_ url: String) -> Reply { .stands(.succeeded(link: url)) }

    static func failed(_ words: String) -> Reply { .stands(.failed(words)) }

    static func refused(_ refusal: PolloRefusal) -> Reply { .meets(.refused(refusal)) }

    static func refused(_ status: Int, _ code: String, _ message: String = "") -> Reply {
        .refused(PolloRefusal(status, code, message))
    }

    static func html(_ status: Int, isDone: Bool = false) -> Reply {
        .meets(.challenge(status: status, isDone: isDone))
    }

    /// What no vendor says that is well.
    static func text(_ status: Int, _ body: String) -> Reply {
        .meets(.answer(status: status, body: body, type: "application/json"))
    }

    /// The vendor's answer with another member, which is a text.
    static func changed(_ member: String, to text: String) -> Reply {
        .meets(.changed(member: member, to: "\"\(text)\""))
    }

    static func broken(_ kind: TransportError.Kind) -> Reply {
        switch kind {
        case .notSent: .meets(.notSent)
        case .unknown: .meets(.answerLost)
        case .tooLarge: .meets(.answerTooLarge)
        case .refusedAddress: .meets(.refusedAddress)
        }
    }
}

/// The video vendor: the sandbox's ``PolloAccount``, whose calls come to what a test says.
final class Vendor {
    let account = PolloAccount(apiKey: "pollo_test") { Date() }
    /// What the next create calls come to; nil for a task.
    var creating: Reply?
    /// What the next status calls come to.
    var status = Reply.rendering
    /// What the next balance calls come to; nil for what is left.
    var balance: Reply?
    /// Runs while a create call is under way.
    var duringCreate: () throws -> Void = {}
    /// Runs while a status call is under way.
    var duringStatus: () -> Void = {}

    /// It takes any number of tasks at once.
    init() { account.parallelLimit = .max }

    var creates: [OutboundRequest] { account.wire.requests.filter { $0.method == .post } }
    var statusPaths: [String] { asked.filter { !$0.hasSuffix(Self.balancePath) } }
    var balanceCalls: Int { asked.count { $0.hasSuffix(Self.balancePath) } }

    private var asked: [String] {
        account.wire.requests.filter { $0.method == .get }.map(\.url)
    }
    private static let balancePath = "/credit/balance"

    private func send(_ request: OutboundRequest) throws(TransportError) -> InboundResponse {
        if request.method == .post {
            do {
                try duringCreate()
            } catch {
                throw TransportError(.unknown, "\(error)")
            }
            prepare(creating)
        } else if request.url.hasSuffix(Self.balancePath) {
            prepare(balance)
        } else {
            duringStatus()
            prepare(status)
        }
        return try account.send(request)
    }

    private func prepare(_ reply: Reply?) {
        switch reply {
        case nil: break
        case .stands(let standing): account.putAll(standing)
        case .meets(let mishap): account.wire.meet(mishap, "/")
        }
    }

    var client: PolloClient {
        PolloClient(
            apiKey: "pollo_test", base: "https://pollo.example/api/platform", family: .classic,
            send: send)
    }
}

/// Stripe, with a clock of its own.
final class Cashier {
    let stripe = TinyStripe()
    let clock = ClockWatch()
    private static let httpDate = {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(secondsFromGMT: 0)
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return format
    }()
    /// What its answers say the time is, from now; nil when they say nothing.
    var secondsAhead: Double? = 0

    private func send(_ request: OutboundRequest) throws(TransportError) -> InboundResponse {
        var response = try stripe.send(request)
        if let secondsAhead {
            response.fields[.date] = Self.httpDate.string(from: Date() + secondsAhead)
        }
        return response
    }

    var client: StripeClient {
        StripeClient(
            secretKey: "sk_test_key", base: "https://stripe.example", send: clock.watching(send))
    }
}
