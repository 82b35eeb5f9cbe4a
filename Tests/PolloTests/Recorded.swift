import HTTP
import HTTPTypes
import Pollo

/// Answers in turn as a vendor would, and keeps what was asked.
final class Recorded {
    private(set) var requests: [OutboundRequest] = []
    private var answers: [Result<InboundResponse, TransportError>]

    init(_ answers: [Result<InboundResponse, TransportError>]) {
        self.answers = answers
    }

    convenience init(_ status: Int, _ body: String, contentType: String = "application/json") {
        self.init([
            .success(
                InboundResponse(
                    status: .init(code: status), fields: [.contentType: contentType],
                    body: Array(body.utf8)))
        ])
    }

    convenience init(_ kind: TransportError.Kind) {
        self.init([.failure(TransportError(kind, "broken"))])
    }

    func send(_ request: OutboundRequest) throws(TransportError) -> InboundResponse {
        requests.append(request)
        return try answers.removeFirst().get()
    }

    func client(_ family: PolloFamily = .classic) -> PolloClient {
        PolloClient(
            apiKey: "pollo_test", base: "https://pollo.example/api/platform", family: family,
            send: send)
    }
}
