import Curl
import Domain
import FoundationEssentials
import HTTP
import Store

// The certificate that visitors get: the shop is asked as they ask it, by its public address.
extension Worker {
    /// Below so many days of a certificate's life the shop is about to be closed.
    private static let lastDays = 7
    private static let tries = 3

    /// Writes down until when the certificate is good, and what a visitor's browser would object to.
    /// A shop that cannot be reached from here is not judged, beyond what was seen of it before.
    func checkCertificate() throws {
        let url = settings.appURL
        guard url.hasPrefix("https:") else {
            return report("certificate", true, "not judged: the shop is visited without TLS")
        }
        guard settings.judgesCertificate else {
            return report("certificate", true, "not judged: one of development's own")
        }
        var problem = ""
        for _ in 1...Self.tries {
            do throws(TransportError) {
                return judge(try Curl(settings.visitor).certificate(of: url))
            } catch {
                problem = error.message
            }
        }
        let known = try database.healthChecks().first { $0.name == "certificate" }?.endsAt
        let isShort = known.map { Self.days(until: $0) < Self.lastDays } ?? false
        report(
            "certificate", !isShort, "not judged: \(url) cannot be reached from here: \(problem)")
    }

    private func judge(_ certificate: ServerCertificate) {
        let days = Self.days(until: certificate.endsAt)
        let end = "\(days < 0 ? "ended" : "ends") on \(certificate.endsAt.iso8601.prefix(10))"
        let detail =
            certificate.problem.map { "visitors are warned of it: \($0); it \(end)" }
            ?? "\(end), in \(days) days"
        report(
            "certificate", certificate.problem == nil && days >= Self.lastDays, detail,
            endsAt: certificate.endsAt)
    }

    private static func days(until end: Date) -> Int {
        Int((end.timeIntervalSince(Date()) / 86_400).rounded(.down))
    }
}
