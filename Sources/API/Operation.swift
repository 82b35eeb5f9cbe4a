// API: what calls are made of, apart from which there are: operations, which say what they take, answer
// and refuse; the router, the answers to refusals and the OpenAPI document, which follow from these.
// It knows no route, no handler, no SQL: Web has those, and says which error is which refusal.

package import HTTPTypes

/// One call of the API: all that is said of it but how it is done.
package struct Operation: Sendable {
    package let method: HTTPRequest.Method
    /// A part of the path that begins with `:` stands for any one part.
    package let pattern: String
    /// Its name in the description.
    package let id: String
    /// The part of the API that it belongs to.
    package var part = ""
    package let access: Access
    /// In the query and the head; those in the path only where they are no id.
    package let parameters: [Parameter]
    package let body: Body?
    package let outcomes: [Outcome]
    /// Besides those that follow from the rest.
    package let refusals: [Refusal]
    /// Whether it needs the database.
    package let needsDatabase: Bool
    /// What it does, in a sentence without its full stop.
    package let summary: String

    package init(
        _ method: HTTPRequest.Method, _ pattern: String, _ id: String, by access: Access,
        with parameters: [Parameter], takes body: Body?, answers outcomes: [Outcome],
        refuses refusals: [Refusal], needsDatabase: Bool, _ summary: String
    ) {
        self.method = method
        self.pattern = pattern
        self.id = id
        self.access = access
        self.parameters = parameters
        self.body = body
        self.outcomes = outcomes
        self.refusals = refusals
        self.needsDatabase = needsDatabase
        self.summary = summary
    }

    /// What it is counted under.
    package var label: String { "\(method.rawValue) \(pattern)" }
}

extension Operation {
    /// The parameters of its path, in order, then the others.
    package var allParameters: [Parameter] {
        let inPath = pattern.split(separator: "/").filter { $0.first == ":" }.map { part in
            let name = String(part.dropFirst())
            return parameters.first { $0.place == .path && $0.name == name } ?? .id(name)
        }
        var all = inPath + parameters.filter { $0.place != .path }
        if case .vendor(let signature) = access { all += signature.parameters }
        if outcomes.contains(where: \.isRevalidated) { all.append(.ifNoneMatch) }
        return all
    }

    /// All that it can be refused with, by status, each once.
    package var allRefusals: [Refusal] {
        var all = refusals
        all += accessRefusals
        all += bodyRefusals
        for parameter in allParameters { all += parameter.refuses }
        if needsDatabase { all += [.internal, .busy] }
        return Refusal.allCases.filter(all.contains)
    }

    private var isSafe: Bool { method == .get }

    private var accessRefusals: [Refusal] {
        let changing: [Refusal] = isSafe ? [] : [.invalidInput, .forbidden]
        let waiting: [Refusal] = isSafe ? [] : [.accountBusy]
        return switch access {
        case .anyone: changing
        case .caller: changing + waiting + [.unauthenticated, .forbidden]
        case .operator(let permission):
            changing + waiting + [.unauthenticated, .forbidden, .notFound]
                + (isSafe || permission.isDisjoint(with: .needingProof) ? [] : [.proofNeeded])
        case .vendor(let signature): [signature.refusal, .tooLarge]
        }
    }

    private var bodyRefusals: [Refusal] {
        if case .vendor = access { return [] }
        return body == nil ? [] : [.invalidInput, .tooLarge, .unsupportedMediaType]
    }
}
