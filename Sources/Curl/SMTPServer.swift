import Addresses
import HTTP

/// A mail server to hand mail to, as `MAIL_URL` names it.
package struct SMTPServer: Sendable, Equatable {
    /// Scheme, host and port, without a path: `smtps://mail.example:465`.
    package let url: String
    let user: String?
    let password: String?
    /// Who we say that we are (EHLO): a host name with a dot, or else strict servers refuse all
    /// mail. Nil for the name of this machine, which seldom has one.
    package var clientName: String?

    /// Reads `smtp://host`, `smtps://user:password@host:465`; user and password percent-decoded.
    /// Nil for anything else, also with a path, and for a user without a password.
    ///
    /// `smtps` is TLS from the first byte. With `smtp` and a user, TLS is demanded by STARTTLS
    /// before anything is told; without a user mail goes in the clear, which is for a server on
    /// the same host or network.
    package init?(url text: String) {
        let folded = text.utf8.prefix(8).map(\.inLowerCase)
        guard let scheme = ["smtp://", "smtps://"].first(where: { folded.starts(with: $0.utf8) })
        else { return nil }
        var authority = text[...].utf8.dropFirst(scheme.utf8.count)
        if authority.last == UInt8(ascii: "/") { authority.removeLast() }
        var user: String?
        var password: String?
        // Of two of them it is not said which one ends the password: it is written %40 within.
        if let at = authority.firstIndex(of: UInt8(ascii: "@")) {
            let parts = authority[..<at].split(
                separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let name = Self.percentDecoded(parts[0]), !name.isEmpty,
                let word = Self.percentDecoded(parts[1]), !word.isEmpty
            else { return nil }
            user = name
            password = word
            authority = authority[authority.index(after: at)...]
        }
        guard let (host, port) = try? Authority.parse(authority) else { return nil }
        url = "\(scheme)\(host.text)\(port.map { ":\($0)" } ?? "")"
        clientName = nil
        self.user = user
        self.password = password
    }

    /// The text that `%XX` stands for (RFC 3986 2.1); nil when a digit is missing, when the bytes
    /// are no UTF-8, and for control characters, which no command of SMTP can carry.
    private static func percentDecoded(_ text: Substring.UTF8View) -> String? {
        var bytes: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(2)
            guard digits.count == 2,
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16),
                digits.first != UInt8(ascii: "+")
            else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        guard bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }
}

/// Mail as it is handed over.
package struct OutboundMail: Sendable, Equatable {
    /// The bare addresses of the envelope, `name@example.org`.
    package let sender: String
    package let recipient: String
    /// The whole message (RFC 5322), its lines ended by CR LF.
    package let message: [UInt8]

    package init(sender: String, recipient: String, message: [UInt8]) {
        self.sender = sender
        self.recipient = recipient
        self.message = message
    }
}

/// Mail that the server has not taken.
package struct MailError: Error, Equatable {
    /// The server will not take this mail later either (RFC 5321 4.2.1: 55x).
    package let isFinal: Bool
    /// Holds neither address nor password, so that it can be logged.
    package let message: String

    init(isFinal: Bool, _ message: String) {
        self.isFinal = isFinal
        self.message = message
    }
}
