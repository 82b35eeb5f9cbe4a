package import HTTP
package import HTTPTypes

/// Answers a request; everything that it may touch is in the context. It throws what goes wrong:
/// one place turns that into an answer.
package typealias Handler = @Sendable (Request, Context) throws -> Response

/// One call of the API: all that is said of it is said here, and the rest follows: the router, who
/// may call, how much is taken, the description, the metric's label.
package struct Route: Sendable {
    package let method: HTTPRequest.Method
    /// A part of the path that begins with `:` stands for any one part; the handler finds what it
    /// was in ``Context/arguments``.
    package let pattern: String
    /// Its name in the description, and that of the part of the API that it belongs to.
    let id: String
    fileprivate(set) var part = ""
    let access: Access
    /// In the query and the head; those in the path only where they are no id.
    let parameters: [Parameter]
    let body: Body?
    let outcomes: [Outcome]
    /// Besides those that follow from the rest.
    let refusals: [Refusal]
    /// Whether it needs the database.
    let needsDatabase: Bool
    /// What it does, in a sentence without its full stop.
    let summary: String
    let handler: Handler

    init<Handling>(
        _ method: HTTPRequest.Method, _ pattern: String, _ id: String, by who: Admission<Handling>,
        with parameters: [Parameter] = [], takes body: Body? = nil, answers outcomes: [Outcome],
        refuses refusals: [Refusal] = [], needsDatabase: Bool = true, _ summary: String,
        _ handler: Handling
    ) {
        self.method = method
        self.pattern = pattern
        self.id = id
        access = who.access
        self.parameters = parameters
        self.body = body
        self.outcomes = outcomes
        self.refusals = refusals
        self.needsDatabase = needsDatabase
        self.summary = summary
        self.handler = who.admit(handler, body)
    }

    /// What it is counted under.
    package var label: String { "\(method.rawValue) \(pattern)" }
}

extension [Route] {
    /// The routes of one part of the API, under its name.
    static func part(_ name: String, _ routes: [Route]) -> [Route] {
        routes.map { route in
            var route = route
            route.part = name
            return route
        }
    }
}

/// Finds the route of a request.
struct Router: Sendable {
    enum Match {
        case found(Handler, arguments: [String])
        case wrongMethod(allowed: [HTTPRequest.Method])
        case notFound
    }

    /// Routes without a variable part, by path: most requests end here with one look.
    private let fixed: [String: [Route]]
    /// In bytes. A longer path is not looked up: a hash of foreign text costs the square of its
    /// length when it is made of combining marks.
    private let longestFixed: Int
    private let variable: [(parts: [Bytes], route: Route)]

    init(_ routes: [Route]) {
        fixed = Dictionary(grouping: routes.filter { !$0.pattern.contains(":") }, by: \.pattern)
        longestFixed = fixed.keys.map(\.utf8.count).max() ?? 0
        variable = routes.filter { $0.pattern.contains(":") }.map { route in
            (Array(route.pattern.bytes.parts(at: "/").dropFirst()), route)
        }
    }

    /// HEAD is answered by the route of GET; the server leaves the body out.
    func match(_ method: HTTPRequest.Method, _ path: String) -> Match {
        let wanted = method == .head ? .get : method
        // A dictionary takes look-alikes for the same key.
        if path.utf8.count <= longestFixed, let routes = fixed[path],
            routes[0].pattern.isSame(as: path)
        {
            guard let route = routes.first(where: { $0.method == wanted }) else {
                return .wrongMethod(allowed: routes.map(\.method))
            }
            return .found(route.handler, arguments: [])
        }
        let parts = path.bytes.parts(at: "/").dropFirst()
        var allowed: [HTTPRequest.Method] = []
        for (pattern, route) in variable where pattern.count == parts.count {
            var arguments: [String] = []
            let matches = zip(pattern, parts).allSatisfy { expected, part in
                guard expected.first == UInt8(ascii: ":") else {
                    return expected.elementsEqual(part)
                }
                arguments.append(part.text)
                return !part.isEmpty
            }
            guard matches else { continue }
            guard route.method != wanted else { return .found(route.handler, arguments: arguments) }
            allowed.append(route.method)
        }
        return allowed.isEmpty ? .notFound : .wrongMethod(allowed: allowed)
    }
}
