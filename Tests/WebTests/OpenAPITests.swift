import DatabaseSupport
import Domain
import HTTP
import HTTPTypes
import JSON
import MariaDB
import Store
import Testing

@testable import API
@testable import Web

struct OpenAPITests {
    @Test func `every route is described once, and nothing else is`() {
        var described: [String] = []
        for (path, operations) in Contract.shared.document["paths"]?.object ?? [:] {
            let pattern = path.replacing("{", with: ":").replacing("}", with: "")
            for method in (operations.object ?? [:]).keys {
                described.append("\(method.uppercased()) \(pattern)")
            }
        }
        #expect(described.sorted() == routes.map(\.label).sorted())
        #expect(Set(routes.map(\.id)).count == routes.count)
        #expect(routes.allSatisfy { !$0.part.isEmpty && !$0.summary.isEmpty })
    }

    @Test func `every reference leads somewhere`() throws {
        try withContract { contract, _ in
            var references: Set<String> = []
            contract.document.visit { value in
                if let reference = value["$ref"]?.string { references.insert(reference) }
            }
            #expect(references.count > 40)
            for reference in references {
                let target = reference.split(separator: "/").dropFirst()
                    .reduce(contract.document) { $0[String($1)] ?? .null }
                #expect(target != .null, "\(reference)")
            }
        }
    }

    @Test func `every component is used`() throws {
        try withContract { contract, _ in
            var used: Set<String> = []
            contract.document.visit { value in
                if let reference = value["$ref"]?.string { used.insert(reference) }
            }
            for kind in ["schemas", "parameters", "responses"] {
                for name in (contract.document["components"]?[kind]?.object ?? [:]).keys {
                    #expect(used.contains("#/components/\(kind)/\(name)"))
                }
            }
        }
    }

    @Test func `every example fits its schema`() throws {
        try withContract { contract, _ in
            var count = 0
            contract.document.visit { value in
                guard let schema = value["schema"], let example = value["example"] else { return }
                count += 1
                // The description of this document itself is not repeated in it.
                guard schema["$ref"] != "#/components/schemas/Description",
                    schema["$ref"] != "#/components/schemas/Event"
                else { return }
                #expect(contract.problems(of: example, against: schema) == [])
            }
            #expect(count > 40)
        }
    }

    @Test func `each variable part of a path is a parameter`() throws {
        let document = Contract.shared.document
        for (path, operations) in document["paths"]?.object ?? [:] {
            let parts = path.split(separator: "/").filter { $0.first == "{" }
            for (_, operation) in operations.object ?? [:] {
                var names: [String] = []
                for parameter in operation["parameters"]?.array ?? [] {
                    let name = parameter["$ref"]?.string?.split(separator: "/").last ?? ""
                    let described = document["components"]?["parameters"]?[String(name)]
                    guard described?["in"]?.string == "path" else { continue }
                    names.append(described?["name"]?.string ?? "")
                }
                let expected = parts.map { String($0.dropFirst().dropLast()) }
                #expect(names == expected)
            }
        }
    }

    @Test(arguments: ["economy", "basic", "pro", "premium", "auto"])
    func `an order fits its schema exactly when it is accepted`(tier: String) throws {
        let others: [String: [String]] = [
            "negativePrompt": [#""blur""#, "1"],
            "imageTail": [#""https://example.org/b.png""#],
            "aspectRatio": [#""16:9""#, #""4:3""#, #""21:9""#, #""2:1""#],
            "resolution": [#""480p""#, #""4k""#],
            "mode": [#""std""#, #""basic""#, #""pro""#, #""fast""#],
            "strength": ["0", "100", "101", "-1", #""50""#, "1.5"],
            "seed": ["0", "2147483647", "2147483648", "-1"],
            "count": ["1", "4", "0", "5"],
            "fps": ["24"], "webhookUrl": [#""https://example.org/hook""#, "5"],
        ]
        try withContract { contract, catalog in
            let order = JSONValue.object(["$ref": "#/components/schemas/VideoOrder"])
            let quote = JSONValue.object(["$ref": "#/components/schemas/QuoteOrder"])
            var verdicts: Set<Bool> = []
            func compare(_ members: [String]) throws {
                let body = try JSONValue(
                    parsing: Array("{\(members.joined(separator: ", "))}".utf8))
                let isOrder = (try? VideoDraft(body, catalog: catalog)) != nil
                let isQuote = (try? VideoDraft(body, catalog: catalog, for: .quote)) != nil
                #expect(contract.problems(of: body, against: order).isEmpty == isOrder, "\(body)")
                #expect(contract.problems(of: body, against: quote).isEmpty == isQuote, "\(body)")
                verdicts.formUnion([isOrder, isQuote])
            }
            for image in [[], [#""image": "https://example.org/a.png""#]] {
                for prompt in [[], [#""prompt": "ab""#], [#""prompt": "a boat on a lake""#]] {
                    for duration in ["5", "10", "7", #""5""#] {
                        try compare(
                            [#""tier": "\#(tier)""#, #""duration": \#(duration)"#] + image
                                + prompt)
                    }
                }
                for (name, values) in others {
                    for value in values {
                        try compare(
                            [
                                #""tier": "\#(tier)""#, #""duration": 5"#,
                                #""prompt": "a boat on a lake""#, #""\#(name)": \#(value)"#,
                            ] + image)
                    }
                }
            }
            #expect(verdicts == [true, false])
        }
    }

    @Test func `customers and operators are told of their own calls, and together of all`() throws {
        try withSite { site in
            func paths(_ query: String) throws -> Set<String> {
                let answer = try site.get("/api/openapi.json", query: query)
                #expect(answer.status == 200)
                let document = try JSONValue(parsing: answer.response.body)
                guard case .object(let members) = document["paths"] else {
                    Issue.record("no paths")
                    return []
                }
                return Set(members.keys)
            }
            let (all, customers, operators) = try (
                paths(""), paths("for=customers"), paths("for=operators")
            )
            #expect(customers.contains("/api/videos/generate"))
            #expect(operators.contains("/api/admin/overview"))
            #expect(customers.allSatisfy { !$0.hasPrefix("/api/admin/") })
            #expect(operators.allSatisfy { $0.hasPrefix("/api/admin/") })
            #expect(customers.union(operators) == all)
            // What one is told of is not the other's answer from a cache.
            #expect(try paths("for=customers") == customers)
            let refused = try site.get("/api/openapi.json", query: "for=nobody")
            #expect(refused.status == 400)
            #expect(refused.text.contains("customers"))
        }
    }

    @Test func `a tier that is switched off is not in the description`() throws {
        try withFreshSite { site in
            let before = try site.get("/api/openapi.json")
            #expect(before.text.contains("Premium, from an image"))
            try site.database.execute(
                """
                INSERT INTO catalog_versions (version, reason, created_at)
                VALUES (2, 'test', UTC_TIMESTAMP(6))
                """)
            try site.database.execute(
                """
                INSERT INTO tiers
                SELECT 2, id, position, name, model, vendor_path, cost_per_second_micros,
                    price_per_second_micros, durations, features, fields, is_popular,
                    id <> 'premium'
                FROM tiers
                WHERE catalog_version = 1
                """)
            let after = try site.get("/api/openapi.json")
            #expect(after.text.contains("Pro, from an image"))
            #expect(!after.text.contains("Premium, from an image"))
            #expect(after.fields[.eTag] != before.fields[.eTag])
        }
    }

    private func withContract(_ body: (Contract, Catalog) throws -> Void) throws {
        try withSite { site in
            let catalog = try site.site.catalog()
            let answer = try site.get("/api/openapi.json")
            #expect(answer.status == 200)
            try body(Contract(answer.response.body), catalog)
        }
    }
}

extension JSONValue: ExpressibleByStringLiteral {
    package init(stringLiteral value: String) {
        self = .string(value)
    }
}

extension JSONValue {
    /// Shows every value in this one to `look`, itself included.
    func visit(_ look: (JSONValue) -> Void) {
        look(self)
        for value in array ?? [] { value.visit(look) }
        for value in (object ?? [:]).values { value.visit(look) }
    }
}
