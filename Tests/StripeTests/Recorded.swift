import HTTP
import HTTPTypes
import Stripe

/// Answers in turn as Stripe would, and keeps what was asked.
final class Recorded {
    private(set) var requests: [OutboundRequest] = []
    private var answers: [Result<InboundResponse, TransportError>]

    init(_ status: Int, _ body: String, fields: [(String, String)] = []) {
        var all = HTTPFields()
        for (name, value) in fields {
            if let name = HTTPField.Name(name) { all[name] = value }
        }
        answers = [
            .success(
                InboundResponse(status: .init(code: status), fields: all, body: Array(body.utf8)))
        ]
    }

    init(_ kind: TransportError.Kind) {
        answers = [.failure(TransportError(kind, "broken"))]
    }

    func send(_ request: OutboundRequest) throws(TransportError) -> InboundResponse {
        requests.append(request)
        return try answers.removeFirst().get()
    }

    var client: StripeClient {
        StripeClient(secretKey: "sk_test_key", base: "https://stripe.example", send: send)
    }

    /// The one request: method, URL and body in a line each.
    var wire: String {
        requests.map { request in
            let body = request.body.map { "\n" + String(decoding: $0, as: UTF8.self) } ?? ""
            return "\(request.method.rawValue) \(request.url)\(body)"
        }.joined(separator: "\n")
    }

    func field(_ name: String) -> String? {
        requests.first?.fields.first { $0.name.canonicalName == name }?.value
    }
}

func result<Value>(_ work: () throws(StripeError) -> Value) -> Result<Value, StripeError> {
    Result(catching: work)
}
