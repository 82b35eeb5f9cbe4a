import HTTP
import HTTPTypes
package import Pollo

/// Pollo as far as books are compared with it: how tasks ended, and what is left of the credits.
package final class TinyPollo {
    /// The tasks' words: `succeed`, `failed`, `processing`; nil: there is no answer about it.
    package var tasks: [String: (status: String?, credit: String?)] = [:]
    /// Credits, as JSON writes them; nil: there is no answer.
    package var balance: String?
    package private(set) var calls: [String] = []

    package init(balance: String? = "100") {
        self.balance = balance
    }

    package var client: PolloClient {
        PolloClient(apiKey: "key", base: "https://pollo.example", family: .classic) {
            (request) throws(TransportError) in try self.send(request)
        }
    }

    private func send(_ request: OutboundRequest) throws(TransportError) -> InboundResponse {
        calls.append(request.path)
        let parts = request.path.split(separator: "/").map(String.init)
        if request.path == "/credit/balance" {
            guard let balance else { throw TransportError(.unknown, "no answer") }
            return answer(#"{"availableCredits":\#(balance),"totalCredits":1000}"#)
        }
        guard parts.count == 3, let task = tasks[parts[1]], let status = task.status else {
            throw TransportError(.unknown, "no answer")
        }
        let url = status == "succeed" ? #","url":"https://files.example/video.mp4""# : ""
        let credit = task.credit.map { #","credit":\#($0)"# } ?? ""
        return answer(
            """
            {"taskId":"\(parts[1])"\(credit),\
            "generations":[{"id":"g1","status":"\(status)","failMsg":""\(url)}]}
            """)
    }

    private func answer(_ data: String) -> InboundResponse {
        InboundResponse(
            status: .ok,
            body: Array(#"{"code":"SUCCESS","message":"success","data":\#(data)}"#.utf8))
    }
}
