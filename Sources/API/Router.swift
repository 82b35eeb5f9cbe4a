import HTTP
package import HTTPTypes

/// Finds the operation that a request calls.
package struct Router: Sendable {
    package enum Match {
        /// The operation's place in the list.
        case found(Int, arguments: [String])
        case wrongMethod(allowed: [HTTPRequest.Method])
        case notFound
    }

    private struct Entry {
        let method: HTTPRequest.Method
        let pattern: String
        let parts: [[UInt8]]
        let index: Int

        init(_ operation: Operation, _ index: Int) {
            method = operation.method
            pattern = operation.pattern
            parts = operation.pattern.utf8.split(
                separator: UInt8(ascii: "/"), omittingEmptySubsequences: false
            ).dropFirst().map(Array.init)
            self.index = index
        }

        /// What the variable parts are in these; nil when the pattern is another.
        func arguments(in found: [ArraySlice<UInt8>]) -> [String]? {
            guard found.count == parts.count else { return nil }
            var arguments: [String] = []
            for (index, part) in found.enumerated() {
                if parts[index].first == UInt8(ascii: ":") {
                    guard !part.isEmpty else { return nil }
                    arguments.append(String(decoding: part, as: UTF8.self))
                } else {
                    guard parts[index][...] == part else { return nil }
                }
            }
            return arguments
        }
    }

    /// Those without a variable part, by path: most requests end here with one look.
    private let fixed: [String: [Entry]]
    /// The others, by the second part of their path, which no two kinds of thing share.
    private let variable: [String: [Entry]]
    /// In bytes. What is longer is not looked up: a hash of foreign text costs the square of its
    /// length when it is made of combining marks.
    private let longest: Int

    package init(_ operations: [Operation]) {
        let entries = operations.enumerated().map { Entry($0.element, $0.offset) }
        fixed = Dictionary(grouping: entries.filter { !$0.pattern.contains(":") }, by: \.pattern)
        variable = Dictionary(grouping: entries.filter { $0.pattern.contains(":") }) { entry in
            precondition(entry.parts[1].first != UInt8(ascii: ":"), "a path of no kind of thing")
            return String(decoding: entry.parts[1], as: UTF8.self)
        }
        longest = fixed.keys.map(\.utf8.count).max() ?? 0
    }

    /// What stands behind each slash.
    private static func parts(of path: [UInt8]) -> [ArraySlice<UInt8>] {
        var parts: [ArraySlice<UInt8>] = []
        parts.reserveCapacity(8)
        guard var start = path.firstIndex(of: UInt8(ascii: "/")).map({ $0 + 1 }) else { return [] }
        for index in start..<path.count where path[index] == UInt8(ascii: "/") {
            parts.append(path[start..<index])
            start = index + 1
        }
        parts.append(path[start...])
        return parts
    }

    /// HEAD is answered by the operation of GET; the server leaves the body out.
    package func match(_ method: HTTPRequest.Method, _ path: String) -> Match {
        let wanted = method == .head ? .get : method
        // A dictionary takes look-alikes for the same key.
        if path.utf8.count <= longest, let entries = fixed[path],
            entries[0].pattern.isSame(as: path)
        {
            guard let entry = entries.first(where: { $0.method == wanted }) else {
                return .wrongMethod(allowed: entries.map(\.method))
            }
            return .found(entry.index, arguments: [])
        }
        let parts = Self.parts(of: Array(path.utf8))
        guard parts.count > 1, parts[1].count <= longest,
            let entries = variable[String(decoding: parts[1], as: UTF8.self)]
        else { return .notFound }
        var allowed: [HTTPRequest.Method] = []
        for entry in entries {
            guard let arguments = entry.arguments(in: parts) else { continue }
            guard entry.method != wanted else { return .found(entry.index, arguments: arguments) }
            allowed.append(entry.method)
        }
        return allowed.isEmpty ? .notFound : .wrongMethod(allowed: allowed)
    }
}
