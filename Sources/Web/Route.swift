package import API
import HTTP
package import HTTPTypes

/// Answers a request; everything that it may touch is in the context. It throws what goes wrong:
/// one place turns that into an answer.
typealias Handler = @Sendable (Context) throws -> Response

/// One call of the API beside its handler: all that is said of it is said here, and the rest
/// follows: the router, who may call, how much is taken, the description, the metric's label.
@dynamicMemberLookup
package struct Route: Sendable {
    package fileprivate(set) var operation: Operation
    let handler: Handler

    package init<Handling>(
        _ method: HTTPRequest.Method, _ pattern: String, _ id: String, by who: Admission<Handling>,
        with parameters: [Parameter] = [], takes body: Body? = nil, answers outcomes: [Outcome],
        refuses refusals: [Refusal] = [], needsDatabase: Bool = true, _ summary: String,
        _ handler: Handling
    ) {
        operation = Operation(
            method, pattern, id, by: who.access, with: parameters, takes: body,
            answers: outcomes, refuses: refusals, needsDatabase: needsDatabase, summary)
        self.handler = who.admit(handler, body)
    }

    package subscript<Value>(dynamicMember path: KeyPath<Operation, Value>) -> Value {
        operation[keyPath: path]
    }
}

extension [Route] {
    /// The routes of one part of the API, under its name.
    package static func part(_ name: String, _ routes: [Route]) -> [Route] {
        routes.map { route in
            var route = route
            route.operation.part = name
            return route
        }
    }
}
