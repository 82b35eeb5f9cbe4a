import Domain
import HTTP
import HTTPTypes
import JSON

@testable import API
@testable import Entrance
@testable import Web

/// The API's description of itself, to hold answers against.
struct Contract {
    static let shared = Contract(
        OpenAPI.document(
            of: routes.map(\.operation), for: nil,
            catalog: Catalog(version: 0, tiers: [], packages: []),
            appURL: TestSite.origin, cookie: SessionCookie.name))

    let document: JSONValue

    init(_ bytes: [UInt8]) {
        document = (try? JSONValue(parsing: bytes)) ?? .null
    }

    /// The described paths that `path` could be.
    private func operations(at path: String) -> JSONValue? {
        // By bytes, as the router does: a mark behind a slash makes another character of it.
        func parts(_ path: String) -> [Substring.UTF8View] {
            path[...].utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
                .map { Substring($0).utf8 }
        }
        let given = parts(path)
        let fits = (document["paths"]?.object ?? [:]).filter { pattern, _ in
            let expected = parts(pattern)
            return expected.count == given.count
                && zip(expected, given).allSatisfy {
                    $0.elementsEqual($1) || $0.first == UInt8(ascii: "{") && !$1.isEmpty
                }
        }
        // A path without variables is the better fit.
        return fits.min { left, _ in !left.key.contains("{") }?.value
    }

    /// What the answer has that is not described.
    func problems(
        with response: Response, json: JSONValue, to method: HTTPRequest.Method, path: String
    ) -> [String] {
        let status = response.status.code
        var problems: [String] = []
        if response.fields[.cacheControl] == nil { problems.append("no Cache-Control") }
        guard let operations = operations(at: path) else {
            if status != 404 { problems.append("\(status) for an unknown path") }
            return problems + errorProblems(json)
        }
        let name = method == .head ? "get" : method.rawValue.lowercased()
        guard let operation = operations[name] else {
            if status != 405 {
                problems.append(
                    "\(status) for an unknown method: \(method) \(path.debugDescription)")
            }
            if response.fields[.allow] == nil { problems.append("no Allow") }
            return problems + errorProblems(json)
        }
        guard let described = operation["responses"]?["\(status)"].map(resolved) else {
            return ["\(status) is not described for \(method) \(path): \(json)"]
        }
        for (name, _) in described["headers"]?.object ?? [:]
        where response.fields.first(where: { $0.name.rawName == name }) == nil {
            problems.append("no \(name)")
        }
        if let schema = described["content"]?["application/json"]?["schema"] {
            problems += self.problems(of: json, against: schema)
        } else if let type = response.contentType?.description {
            if described["content"]?[type] == nil { problems.append("\(type) is not described") }
        } else if !response.body.isEmpty {
            problems.append("a body that is not described")
        }
        return problems + (status >= 400 && json["error"] != nil ? errorProblems(json) : [])
    }

    private func errorProblems(_ json: JSONValue) -> [String] {
        var problems = self.problems(
            of: json, against: .object(["$ref": .string("#/components/schemas/Error")]))
        if json["requestId"]?.string != "request-1" { problems.append("another requestId") }
        return problems
    }

    private func resolved(_ value: JSONValue) -> JSONValue {
        guard let reference = value["$ref"]?.string else { return value }
        return reference.split(separator: "/").dropFirst()
            .reduce(document) { $0[String($1)] ?? .null }
    }

    /// Judges `value` by the part of JSON Schema (2020-12) that the description uses, and more
    /// strictly: members that are not named are a problem.
    func problems(
        of value: JSONValue, against schema: JSONValue, at place: String = "$"
    ) -> [String] {
        let schema = resolved(schema)
        guard let rules = schema.object else { return ["\(place): no schema"] }
        var problems: [String] = []
        func refuse(_ problem: String) { problems.append("\(place): \(problem)") }

        if let type = rules["type"] {
            let names = (type.array ?? [type]).compactMap(\.string)
            if !names.contains(where: value.isOf) { refuse("\(value) is not \(names)") }
        }
        if let expected = rules["const"], expected != value { refuse("not \(expected)") }
        if let words = rules["enum"]?.array, !words.contains(value) {
            refuse("\(value) is no word")
        }
        if let choices = rules["oneOf"]?.array {
            let fits = choices.count { self.problems(of: value, against: $0).isEmpty }
            if fits != 1 { refuse("fits \(fits) choices, not one") }
        }
        if let choices = rules["anyOf"]?.array,
            !choices.contains(where: { self.problems(of: value, against: $0).isEmpty })
        {
            refuse("fits no choice")
        }
        if let text = value.string {
            let length = text.unicodeScalars.count
            if let least = rules["minLength"]?.integer, length < least { refuse("too short") }
            if let most = rules["maxLength"]?.integer, length > most { refuse("too long") }
            if rules["format"] == .string("uuid"), ID<Contract>(text) == nil { refuse("no UUID") }
            if rules["format"] == .string("uri"), !text.contains("://") { refuse("no address") }
            if rules["format"] == .string("date-time"),
                text.utf8.count != 24 || !text.hasSuffix("Z")
            {
                refuse("no time")
            }
        }
        if let number = value.integer {
            if let least = rules["minimum"]?.integer, number < least { refuse("too small") }
            if let most = rules["maximum"]?.integer, number > most { refuse("too large") }
        }
        for (index, item) in (value.array ?? []).enumerated() {
            if let rule = rules["items"] {
                problems += self.problems(of: item, against: rule, at: "\(place)[\(index)]")
            }
        }
        if let members = value.object {
            problems += memberProblems(members, rules, at: place)
        }
        return problems
    }

    private func memberProblems(
        _ members: [String: JSONValue], _ rules: [String: JSONValue], at place: String
    ) -> [String] {
        var problems: [String] = []
        for name in (rules["required"]?.array ?? []).compactMap(\.string)
        where members[name] == nil {
            problems.append("\(place): \(name) is missing")
        }
        let known = rules["properties"]?.object
        let others = rules["additionalProperties"]
        for (name, member) in members {
            if let rule = known?[name] {
                problems += self.problems(of: member, against: rule, at: "\(place).\(name)")
            } else if let others, others.object != nil {
                problems += self.problems(of: member, against: others, at: "\(place).\(name)")
            } else if others == .bool(false) || known != nil {
                problems.append("\(place): \(name) is not described")
            }
        }
        return problems
    }
}

extension JSONValue {
    fileprivate func isOf(type name: String) -> Bool {
        switch (name, self) {
        case ("null", .null), ("boolean", .bool), ("string", .string), ("array", .array),
            ("object", .object), ("integer", .integer), ("number", .integer),
            ("number", .number):
            true
        default: false
        }
    }
}
