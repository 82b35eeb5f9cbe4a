import FoundationEssentials
package import HTTP
import HTTPTypes
import Synchronization

/// What lies between a vendor's client and a stand-in in memory: it keeps what was asked, and lets a
/// test say what befalls the next calls.
package final class Wire: Sendable {
    /// What befalls a call.
    package enum Mishap: Sendable {
        /// It is done, and the answer is lost.
        case answerLost
        /// It is done, and the answer is longer than its caller takes.
        case answerTooLarge
        /// It never gets there.
        case notSent
        /// Its address is one that its caller calls not at all.
        case refusedAddress
        /// It is answered so, and not done unless that is said.
        case answer(
            status: Int, body: String = "", type: String? = nil, shouldRetry: Bool? = nil,
            isDone: Bool = false)
        /// It is done, and the first member of this name in its answer has another value, which need
        /// not be JSON.
        case changed(member: String, to: String)

        fileprivate var isDone: Bool {
            switch self {
            case .answerLost, .answerTooLarge, .changed: true
            case .notSent, .refusedAddress: false
            case .answer(_, _, _, _, let isDone): isDone
            }
        }
    }

    fileprivate struct Plan: Sendable {
        let path: String
        var count: Int
        let mishap: Mishap?
        let action: (@Sendable () -> Void)?
    }

    fileprivate struct State: Sendable {
        var plans: [Plan] = []
        var requests: [OutboundRequest] = []
    }

    private let state = Mutex(State())

    package init() {}

    /// The calls so far.
    package var requests: [OutboundRequest] { state.withLock { $0.requests } }

    /// The next `count` calls whose path begins with `path` meet `mishap`.
    package func meet(_ mishap: Mishap, _ path: String, count: Int = 1) {
        state.withLock {
            $0.plans.append(Plan(path: path, count: count, mishap: mishap, action: nil))
        }
    }

    /// Runs `action` after the next call of `path` was made, before its answer arrives.
    package func afterNext(_ path: String, _ action: @escaping @Sendable () -> Void) {
        state.withLock {
            $0.plans.append(Plan(path: path, count: 1, mishap: nil, action: action))
        }
    }

    /// Carries a request to the stand-in, and its answer back, unless something befalls it.
    package func carry(
        _ request: OutboundRequest,
        to standIn: (OutboundRequest) throws(TransportError) -> InboundResponse
    ) throws(TransportError) -> InboundResponse {
        let plan = state.withLock { state in
            state.requests.append(request)
            return state.takePlan(for: request.target.path)
        }
        let answer = plan?.mishap?.isDone == false ? nil : try standIn(request)
        plan?.action?()
        return try Self.passed(answer, plan?.mishap)
    }

    /// What arrives of an answer, which is nil for a call that was not done.
    private static func passed(
        _ answer: InboundResponse?, _ mishap: Mishap?
    ) throws(TransportError) -> InboundResponse {
        var answer = answer ?? InboundResponse(status: .internalServerError)
        switch mishap {
        case nil: break
        case .answerLost: throw TransportError(.unknown, "the connection was reset")
        case .answerTooLarge: throw TransportError(.tooLarge, "the answer is too large")
        case .notSent: throw TransportError(.notSent, "no connection")
        case .refusedAddress: throw TransportError(.refusedAddress, "this is not called")
        case .answer(let status, let body, let type, let shouldRetry, _):
            return response(status, body, type, shouldRetry: shouldRetry)
        case .changed(let member, let value):
            answer.body = JSONText.replacing(member, by: Array(value.utf8), in: answer.body)
        }
        return answer
    }

    private static func response(
        _ status: Int, _ body: String, _ type: String?, shouldRetry: Bool?
    ) -> InboundResponse {
        var fields = HTTPFields()
        if let type { fields[.contentType] = type }
        if let shouldRetry, let name = HTTPField.Name("Stripe-Should-Retry") {
            fields[name] = "\(shouldRetry)"
        }
        return InboundResponse(
            status: HTTPResponse.Status(code: status), fields: fields, body: Array(body.utf8))
    }
}

extension Wire.State {
    /// The first plan that is meant for a path.
    fileprivate mutating func takePlan(for path: String) -> Wire.Plan? {
        guard let index = plans.firstIndex(where: { path.hasPrefix($0.path) }) else { return nil }
        let plan = plans[index]
        plans[index].count -= 1
        if plans[index].count == 0 { plans.remove(at: index) }
        return plan
    }
}

extension OutboundRequest {
    /// The path and the query of its address.
    package var target: (path: String, query: String) {
        let sides = url.split(separator: "?", maxSplits: 1)
        let parts = sides[0].split(separator: "/").dropFirst(2)
        return ("/" + parts.joined(separator: "/"), sides.count == 2 ? String(sides[1]) : "")
    }

    /// The value of the first field of a lower-case name.
    package func field(_ name: String) -> String? {
        fields.first { $0.name.canonicalName == name }?.value
    }
}
