package import HTTP
package import HTTPTypes

/// Answers a request; everything that it may touch is in the context. It throws what goes wrong:
/// one place turns that into an answer.
package typealias Handler = @Sendable (Request, Context) throws -> Response

/// A method and a path with its handler. A part of the path that begins with `:` stands for any
/// one part; the handler finds what it was in ``Context/arguments``.
package struct Route: Sendable {
    package let method: HTTPRequest.Method
    package let pattern: String
    package let handler: Handler

    package static func get(_ pattern: String, _ handler: @escaping Handler) -> Route {
        Route(method: .get, pattern: pattern, handler: handler)
    }

    package static func post(_ pattern: String, _ handler: @escaping Handler) -> Route {
        Route(method: .post, pattern: pattern, handler: handler)
    }

    package static func patch(_ pattern: String, _ handler: @escaping Handler) -> Route {
        Route(method: .patch, pattern: pattern, handler: handler)
    }

    package static func delete(_ pattern: String, _ handler: @escaping Handler) -> Route {
        Route(method: .delete, pattern: pattern, handler: handler)
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
