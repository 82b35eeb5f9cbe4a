import Foundation
import HTTP
import HTTPTypes
import PaymentSupport
import Pollo
import Stripe
import Worker

/// One answer of a vendor, or none.
enum Reply: Sendable {
    case json(Int, String)
    case html(Int)
    case broken(TransportError.Kind)

    func get() throws(TransportError) -> InboundResponse {
        switch self {
        case .json(let status, let body):
            return InboundResponse(
                status: .init(code: status), fields: [.contentType: "application/json"],
                body: Array(body.utf8))
        case .html(let status):
            return InboundResponse(
                status: .init(code: status), fields: [.contentType: "text/html"],
                body: Array("<!DOCTYPE html><title>Just a moment...</title>".utf8))
        case .broken(let kind): throw TransportError(kind, "broken")
        }
    }

    /// The create call's answer for a task.
    static func made(_ task: String) -> Reply {
        .json(200, #"{"code":"SUCCESS","data":{"taskId":"\#(task)","status":"waiting"}}"#)
    }

    static let rendering = generation(#""status":"processing","url":"""#)
    static let finishedWithoutLink = generation(#""status":"succeed","url":"""#)

    static func finished(_ url: String) -> Reply {
        generation(#""status":"succeed","url":"\#(url)""#)
    }

    static func failed(_ words: String) -> Reply {
        generation(#""status":"failed","failMsg":"\#(words)","url":"""#)
    }

    private static func generation(_ members: String) -> Reply {
        .json(
            200,
            #"{"code":"SUCCESS","data":{"credit":5.5,"generations":[{"id":"g",\#(members)}]}}"#)
    }
}

/// The video vendor, which answers as a test says and keeps what was asked.
final class Vendor {
    /// The answer to the next create calls.
    var creating: Reply?
    /// The answer to the next status calls.
    var status = Reply.rendering
    /// The answer to the next balance calls.
    var balance = Reply.json(200, #"{"data":{"availableCredits":100}}"#)
    /// Runs while a create call is under way.
    var duringCreate: () throws -> Void = {}
    /// Runs while a status call is under way.
    var duringStatus: () -> Void = {}

    private(set) var creates: [OutboundRequest] = []
    private(set) var statusPaths: [String] = []
    private(set) var balanceCalls = 0

    private func send(_ request: OutboundRequest) throws(TransportError) -> InboundResponse {
        guard request.method == .post else {
            if request.url.hasSuffix("/credit/balance") {
                balanceCalls += 1
                return try balance.get()
            }
            statusPaths.append(request.url)
            duringStatus()
            return try status.get()
        }
        creates.append(request)
        do {
            try duringCreate()
        } catch {
            throw TransportError(.unknown, "\(error)")
        }
        return try (creating ?? .made("task-\(creates.count)")).get()
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
