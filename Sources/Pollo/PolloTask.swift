import JSON

/// A task as the status call describes it (pollo-api.md, sections 8 and 14).
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
    /// What the task was charged, in hundredths of a vendor credit; nil in older answers.
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

        creditHundredths =
            payload["credit"]?.hundredths
            ?? generations.lazy.compactMap { $0["credit"]?.hundredths }.first

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

    private enum Status {
        case inProgress, succeeded, failed

        /// Nil when there is no status at all; an unknown word means that it is not over.
        init?(_ value: JSONValue?) {
            guard let word = value?.text?.lowercased() else { return nil }
            switch word {
            case "succeed", "succeeded", "success", "completed": self = .succeeded
            case "failed", "fail", "error": self = .failed
            default: self = .inProgress
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
    /// The task that a body names, wrapped or flat; nil when it names none.
    package static func taskID(in body: [UInt8]) -> String? {
        guard let root = JSONValue.object(in: body) else { return nil }
        return root["data"]?.object?["taskId"]?.text ?? root["taskId"]?.text
    }
}
