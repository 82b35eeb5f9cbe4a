import Addresses
import FoundationEssentials
import HTTP
import Texts

/// What the stand-ins are told once, at the start.
package struct SandboxSettings: Sendable {
    /// How Pollo's answers are shaped: as on the wire, or as in its documents.
    enum Envelope: String, Sendable {
        case wrapped
        case flat
    }

    package let publicURL: String
    /// Holds `state.json`, `files` and `uploads`.
    let folder: String
    let appURL: String
    let polloKey: String
    let polloWebhookSecret: String
    let polloEnvelope: Envelope
    let stripeKey: String
    /// The one that events are signed with.
    let stripeWebhookSecret: String
    package let caFile: String?
    /// The folder of caught mail; nil when mail goes elsewhere.
    let mailFolder: String?

    /// Throws ``SettingsError`` with a line that names the variable.
    package init(
        environment: [String: String], publicURL: String, folder: String
    ) throws(SettingsError) {
        func value(_ name: String) throws(SettingsError) -> String? {
            if let value = environment[name], !value.isEmpty { return value }
            guard let file = environment["\(name)_FILE"], !file.isEmpty else { return nil }
            guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
                throw SettingsError("\(name)_FILE cannot be read")
            }
            return text.trimmed
        }
        func required(_ name: String) throws(SettingsError) -> String {
            guard let value = try value(name) else { throw SettingsError("\(name) is missing") }
            return value
        }

        // A payment page that takes no money must never stand where money is expected.
        guard try value("APP_ENV") != "production" else {
            throw SettingsError("APP_ENV is production: there is no sandbox there")
        }
        self.publicURL = publicURL.withoutLastSlash
        self.folder = folder
        let appURL = try required("APP_URL")
        do throws(AddressProblem) {
            self.appURL = try Origin(appURL).text
        } catch {
            throw SettingsError("APP_URL must be a web address. \(error.phrase.text())")
        }
        polloKey = try required("POLLO_API_KEY")
        polloWebhookSecret = try required("POLLO_WEBHOOK_SECRET")
        stripeKey = try required("STRIPE_SECRET_KEY")
        guard !stripeKey.hasPrefix("sk_live_"), !stripeKey.hasPrefix("rk_live_") else {
            throw SettingsError("STRIPE_SECRET_KEY is a live one")
        }
        let secrets = try required("STRIPE_WEBHOOK_SECRET").split(separator: ",")
        guard let secret = secrets.first.map({ String($0).trimmed }), !secret.isEmpty else {
            throw SettingsError("STRIPE_WEBHOOK_SECRET is missing")
        }
        stripeWebhookSecret = secret
        let envelope = try value("SANDBOX_POLLO_ENVELOPE") ?? "wrapped"
        guard let envelope = Envelope(rawValue: envelope) else {
            throw SettingsError("SANDBOX_POLLO_ENVELOPE must be wrapped or flat")
        }
        polloEnvelope = envelope
        caFile = try value("SANDBOX_CA_FILE")
        mailFolder = try value("MAIL_URL").flatMap { url in
            guard url.hasPrefix("file:") else { return nil }
            let path = url.dropFirst("file:".count)
            return String(path.hasPrefix("//") ? path.dropFirst(2) : path)
        }
    }
}

package struct SettingsError: Error, Equatable, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}

extension StringProtocol {
    /// Without white space at either end.
    var trimmed: String {
        var rest = self[...]
        while rest.first?.isWhitespace == true { rest = rest.dropFirst() }
        while rest.last?.isWhitespace == true { rest = rest.dropLast() }
        return String(rest)
    }
}
