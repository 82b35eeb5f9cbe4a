import Addresses
import Domain
import Texts

/// Where the shop stands, and what it signs with.
struct ShopSettings: Sendable {
    enum Stage: String {
        case development, staging, production
    }

    let origin: Origin
    let stage: Stage
    let jwtSecret: [UInt8]
    let previousJWTSecret: [UInt8]?

    /// Nil when it cannot be used; then nothing is judged by it.
    static func stage(_ reader: SettingsReader) -> Stage? {
        reader.value(
            "APP_ENV",
            """
            `development`, `staging` or `production`, which refuses test keys, other vendors' \
            addresses, plain HTTP and weak secrets
            """, default: "production", form: "development, staging or production",
            Stage.init(rawValue:))
    }

    init?(_ reader: SettingsReader, stage: Stage?) {
        let origin = reader.required(
            "APP_URL", "the public address: scheme, host and perhaps a port, nothing behind it",
            like: "https://shop.example"
        ) { text throws(Unusable) in try address(text, Origin.init) }
        let isProduction = stage == .production
        func jwtSecret(_ text: String) throws(Unusable) -> [UInt8] {
            guard text.utf8.count >= 32 else { throw Unusable("needs at least 32 bytes") }
            guard !isProduction || !Secrets.isWeak(text, bits: 100) else {
                throw Unusable(
                    "is easy to guess; take the output of `openssl rand -base64 32`")
            }
            return Array(text.utf8)
        }
        let secret = reader.required(
            "JWT_SECRET",
            "signs tokens: at least 32 bytes, such as `openssl rand -base64 32` makes",
            like: "…", isSecret: true, jwtSecret)
        previousJWTSecret = reader.optional(
            "JWT_SECRET_PREVIOUS", "the one before, whose tokens are taken while they last",
            like: "…", isSecret: true, jwtSecret)
        if isProduction, let origin, origin.scheme != .https {
            reader.refuse("APP_URL", "must begin with https:// in production")
        }
        guard let origin, let stage, let secret else { return nil }
        self.origin = origin
        self.stage = stage
        self.jwtSecret = secret
    }

    /// Who we say that we are to mail servers: the host of `APP_URL`, or its address in the form of
    /// RFC 5321 4.1.3.
    static func clientName(_ host: Host) -> String {
        guard case .address = host else { return host.text }
        return host.text.utf8.first == UInt8(ascii: "[")
            ? "[IPv6:\(host.text.dropFirst())" : "[\(host.text)]"
    }
}

/// The one form of an address that is compared and used from here on.
func address<Address>(
    _ text: String, _ read: (String) throws(AddressProblem) -> Address
) throws(Unusable) -> Address {
    do throws(AddressProblem) {
        return try read(text)
    } catch {
        throw Unusable(
            "must be a web address such as https://shop.example. \(error.phrase.text())")
    }
}

/// The path of a `file:` URL, with or without two slashes; nil for another URL.
func folderPath(of url: String) throws(Unusable) -> String? {
    guard url.hasPrefix("file:") else { return nil }
    var path = url.dropFirst("file:".count)
    if path.hasPrefix("//") { path = path.dropFirst(2) }
    guard !path.isEmpty else { throw Unusable("names no folder") }
    return path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : String(path)
}

extension Secrets {
    /// Letters, digits and the signs of base64, long and without a pattern: what vendors make has a
    /// form, and what has another was cut off, or never copied.
    static func isVendorSecret(_ text: some StringProtocol, atLeast length: Int) -> Bool {
        text.utf8.count >= length
            && text.utf8.allSatisfy { byte in
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                    || "+/=_-.".utf8.contains(byte)
            }
            && !isWeak(String(text), bits: 40)
    }
}
