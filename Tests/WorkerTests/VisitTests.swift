import DatabaseSupport
import Domain
import FoundationEssentials
import LoopbackSupport
import MariaDB
import Store
import Testing

@testable import Worker

/// The certificate that visitors get, as `work` sees it when it visits the shop.
@Suite struct `The shop's certificate` {
    private func check(_ bench: Bench) throws -> HealthCheck {
        try #require(try bench.db.healthChecks().first { $0.name == "certificate" })
    }

    private func kinds(_ bench: Bench) throws -> [AttentionItem.Kind] {
        try bench.db.attention().filter { $0.subject == "certificate" }.map(\.kind)
    }

    private func visit(
        _ bench: Bench, _ server: SecureServer, trusting caFile: String? = nil
    ) throws {
        try bench.visitor(of: server.url, trusting: caFile ?? server.caFile).checkCertificate()
    }

    @Test func `it is well, ends soon, is about to end, or is over`() throws {
        try Bench.with { bench in
            try visit(bench, SecureServer(connections: 2, .days(60)))
            var found = try check(bench)
            #expect(found.isHealthy && found.detail.contains("in 59 days"))
            #expect(found.endsAt.map { abs($0.timeIntervalSinceNow - 60 * 86_400) < 120 } == true)
            #expect(try kinds(bench).isEmpty)

            try visit(bench, SecureServer(connections: 2, .days(10)))
            found = try check(bench)
            #expect(found.isHealthy && found.detail.contains("in 9 days"))
            #expect(try kinds(bench) == [.ending])

            try visit(bench, SecureServer(connections: 2, .days(7)))
            #expect(try !check(bench).isHealthy)
            #expect(try kinds(bench) == [.unhealthy])

            try visit(bench, SecureServer(connections: 2, .past))
            found = try check(bench)
            #expect(!found.isHealthy && found.detail.contains("expired"))
            #expect(found.detail.contains("2020-12-31"))
            // Nobody else is told of it, and probes are not.
            #expect(try bench.db.incidents().isEmpty)
        }
    }

    @Test func `one that visitors are warned of is not well, however long it lasts`() throws {
        try Bench.with { bench in
            try visit(
                bench, SecureServer(connections: 2, .days(60)),
                trusting: "/etc/ssl/certs/ca-certificates.crt")
            let found = try check(bench)
            #expect(!found.isHealthy && found.detail.contains("visitors are warned of it"))
        }
    }

    @Test func `a shop that cannot be reached from here is not red, unless what is known is`()
        throws
    {
        try Bench.with { bench in
            let worker = bench.visitor(of: "https://127.0.0.1:1", trusting: "/dev/null")
            try worker.checkCertificate()
            var found = try check(bench)
            #expect(found.isHealthy && found.detail.hasPrefix("not judged: https://127.0.0.1:1"))
            #expect(found.endsAt == nil)
            try bench.db.setHealth(
                "certificate", isHealthy: true, detail: "x", endsAt: Date() + 10 * 86_400)
            try worker.checkCertificate()
            found = try check(bench)
            #expect(found.isHealthy && found.endsAt != nil)
            #expect(try kinds(bench) == [.ending])
            try bench.db.setHealth(
                "certificate", isHealthy: true, detail: "x", endsAt: Date() + 2 * 86_400)
            try worker.checkCertificate()
            #expect(try !check(bench).isHealthy)
        }
    }

    @Test func `development's own, and a shop without TLS, are not judged`() throws {
        try Bench.with { bench in
            try bench.worker.checkCertificate()
            #expect(try check(bench).detail == "not judged: one of development's own")
            try bench.visitor(of: "http://127.0.0.1:1", trusting: "/dev/null").checkCertificate()
            #expect(try check(bench).isHealthy)
            #expect(try check(bench).detail == "not judged: the shop is visited without TLS")
        }
    }
}
