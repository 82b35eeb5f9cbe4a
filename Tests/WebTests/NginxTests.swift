import FoundationEssentials
import HTTPTypes
import Testing

@testable import API
@testable import Web

/// What nginx/api.conf says of paths, held against the routes.
struct NginxTests {
    private struct Location {
        enum Kind {
            case exact, prefix, pattern
        }

        let kind: Kind
        let path: String
        /// In kB.
        var bodyLimit = 16

        init(_ line: Substring) {
            let words = line.split(separator: " ")
            switch words[1] {
            case "=": kind = .exact
            case "~": kind = .pattern
            default: kind = .prefix
            }
            path = String(words[words.count - 2])
        }

        func takes(_ path: String) -> Bool {
            switch kind {
            case .exact: path == self.path
            case .prefix: path.hasPrefix(self.path)
            case .pattern: (try? Regex(self.path).firstMatch(in: path)) != nil
            }
        }
    }

    /// The locations of the API, in their order.
    private static func locations() throws -> [Location] {
        let top = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let file = try Data(contentsOf: URL(filePath: "/\(top)/nginx/api.conf"))
        var locations: [Location] = []
        for line in String(decoding: file, as: UTF8.self).split(separator: "\n") {
            if line.hasPrefix("location ") { locations.append(Location(line)) }
            let words = line.split(separator: " ")
            if words.first == "client_max_body_size", let kilobytes = Int(words[1].dropLast(2)) {
                locations[locations.count - 1].bodyLimit = kilobytes
            }
        }
        return locations.filter { !$0.path.hasPrefix("/_media/") }
    }

    /// The one that nginx chooses: an exact one, else the first pattern, else the longest prefix.
    private static func location(of path: String, among all: [Location]) -> Location? {
        let fitting = all.filter { $0.takes(path) }
        return fitting.first { $0.kind == .exact } ?? fitting.first { $0.kind == .pattern }
            ?? fitting.max { $0.path.utf8.count < $1.path.utf8.count }
    }

    @Test func `every location of nginx is there for a route`() throws {
        let locations = try Self.locations()
        #expect(locations.count >= 8)
        for location in locations {
            #expect(routes.contains { location.takes($0.pattern) }, "\(location.path)")
        }
    }

    @Test func `nginx lets as much through as a route takes, and to vendors no more`() throws {
        let locations = try Self.locations()
        for route in routes {
            let location = try #require(
                Self.location(of: route.pattern, among: locations), "\(route.label)")
            guard let body = route.body else { continue }
            #expect(body.limit <= location.bodyLimit * 1024, "\(route.label)")
            if !route.access.isForCallers {
                #expect(body.limit == location.bodyLimit * 1024, "\(route.label)")
            }
        }
    }

    @Test func `guesses at accounts and calls for mails have the narrow zone`() throws {
        let locations = try Self.locations()
        for route in routes where route.refusals.contains(.triedTooOften) {
            if case .caller = route.access, route.method == .patch { continue }
            let path = Self.location(of: route.pattern, among: locations)?.path ?? ""
            // Pictures have a zone of their own: a person sends several at once.
            let narrow = [
                "/api/auth/", "/api/me/verification", "/api/me/second-factor/activation",
                "/api/admin/health/mail", "/api/admin/health/webhook", "/api/uploads",
            ]
            #expect(narrow.contains(path), "\(route.label)")
        }
    }
}
