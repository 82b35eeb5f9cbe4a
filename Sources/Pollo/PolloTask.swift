import HTTP
import JSON

/// A task as the status call describes it.
package struct PolloTask: Equatable, Sendable {
    package enum State: Equatable, Sendable {
        case inProgress
        /// With the vendor's words, which are foreign text; empty when it gave none.
        case failed(reason: String)
        case succeeded(url: String)
        /// Done, but there is no link (yet): to be asked for again a few times.
        case succeededWithoutURL
    }

    package let state: State
    /// What the task was charged, in hundredths of a vendor credit; nil in older answers, and when
    /// the number is not credible.
    package let creditHundredths: Int?
    /// The id of the generation that decided, which is not the task's.
    package let generationID: String?

    package init(state: State, creditHundredths: Int? = nil, generationID: String? = nil) {
        self.state = state
        self.creditHundredths = creditHundredths
        self.generationID = generationID
    }

    init(_ payload: [String: JSONValue]) {
        let generations = (payload["generations"]?.array ?? payload["result"]?.array ?? [])
            .compactMap(\.object)
        let taskStatus = Status(payload["status"])
        let statuses = generations.map { Status($0["status"]) ?? taskStatus ?? .inProgress }

        let credit =
            payload["credit"]?.hundredths
            ?? generations.lazy.compactMap { $0["credit"]?.hundredths }.first
        creditHundredths = credit.flatMap { Self.credibleHundredths.contains($0) ? $0 : nil }

        if let index = statuses.firstIndex(of: .failed) {
            let reason = generations[index]["failMsg"]?.text ?? payload["failMsg"]?.text ?? ""
            state = .failed(reason: reason)
            generationID = generations[index]["id"]?.text
        } else if generations.isEmpty {
            switch taskStatus {
            case .failed: state = .failed(reason: payload["failMsg"]?.text ?? "")
            case .succeeded: state = .succeededWithoutURL
            case .inProgress, nil: state = .inProgress
            }
            generationID = nil
        } else if statuses.allSatisfy({ $0 == .succeeded }) {
            let finished = generations.first { $0.link != nil } ?? generations[0]
            state = finished.link.map { .succeeded(url: $0) } ?? .succeededWithoutURL
            generationID = finished["id"]?.text
        } else {
            state = .inProgress
            generationID = generations[0]["id"]?.text
        }
    }

    /// What one video may have cost: nothing to 10,000 credits, some hundred dollars. Anything else
    /// is no cost, and no number to reckon with (J16).
    private static let credibleHundredths = 0...1_000_000

    private enum Status {
        case inProgress, succeeded, failed

        private static let successes = ["succeed", "succeeded", "success", "completed"]
        private static let failures = ["failed", "fail", "error"]

        /// Nil when there is no status at all; an unknown word means that it is not over.
        init?(_ value: JSONValue?) {
            guard let word = value?.text?.bytes else { return nil }
            if Self.successes.contains(where: word.equals(ignoringCase:)) {
                self = .succeeded
            } else if Self.failures.contains(where: word.equals(ignoringCase:)) {
                self = .failed
            } else {
                self = .inProgress
            }
        }
    }
}

extension [String: JSONValue] {
    fileprivate var link: String? { self["url"]?.text ?? self["videoUrl"]?.text }
}

/// The credits of the platform account, in hundredths of a credit.
package struct PolloBalance: Equatable, Sendable {
    package let availableHundredths: Int
    package let totalHundredths: Int?
}

/// The body of a callback: a hint which task to ask about, and nothing more.
package enum PolloCallback {
    /// The task that a body names, wrapped or flat; nil when it names none, or what cannot be one.
    package static func taskID(in body: [UInt8]) -> String? {
        guard let root = JSONValue.object(in: body) else { return nil }
        let taskID = root["data"]?.object?["taskId"]?.text ?? root["taskId"]?.text
        return taskID.flatMap { PolloTask.isID($0) ? $0 : nil }
    }
}

extension PolloTask {
    /// Whether a text can be the id of a task: it goes into paths and columns, and what somebody
    /// claims to be one may be anything.
    package static func isID(_ text: String) -> Bool {
        (1...255).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}
