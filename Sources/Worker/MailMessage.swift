import FoundationEssentials
import MariaDB
import Sodium

/// Whom mail comes from: `MAIL_FROM`, `Rushes <mail@example.org>` or a bare address.
package struct MailSender: Sendable, Equatable {
    package let name: String
    package let address: String

    /// Nil when there is no address of visible ASCII characters with one `@`, and for a name with
    /// control characters.
    package init?(_ text: String) {
        var name = ""
        var address = Substring(text)
        if let open = text.lastIndex(of: "<") {
            guard text.last == ">" else { return nil }
            name = text[..<open].trimmingPrefix { $0 == " " || $0 == "\"" }.description
            while let last = name.last, last == " " || last == "\"" { name.removeLast() }
            address = text[text.index(after: open)...].dropLast()
        }
        let parts = address.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty,
            address.utf8.allSatisfy({
                $0 > 0x20 && $0 < 0x7F && !"()<>[]:;,\"\\".utf8.contains($0)
            }),
            name.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
        else { return nil }
        self.name = name
        self.address = String(address)
    }

    var domain: Substring { address[address.index(after: address.firstIndex(of: "@")!)...] }
}

/// A mail of plain text in the form in which it travels (RFC 5322, with MIME of RFC 2045 to 2047).
struct MailMessage {
    /// Names the mail; sent again it has the same one, by which it can be told.
    let id: String
    let sender: MailSender
    /// An address as accounts have it: ASCII, without spaces.
    let recipient: String
    /// What the recipient calls themselves; nil where that is not known to be theirs.
    var recipientName: String?
    let subject: String
    let text: String
    let date: Date

    /// Whatever the subject and the text contain, they cannot become a header.
    var bytes: [UInt8] {
        let fields = [
            "Date: \(Self.format(date))",
            "From: \(Self.phrase(sender.name))<\(sender.address)>",
            "To: \(Self.phrase(recipientName ?? ""))<\(recipient)>",
            "Subject: \(Self.unstructured(subject))",
            "Message-ID: <\(id)@\(sender.domain)>",
            // RFC 3834: nobody's automatic answer is wanted.
            "Auto-Submitted: auto-generated",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: quoted-printable",
        ]
        let head = fields.map { $0 + "\r\n" }.joined()
        return Array((head + "\r\n" + Self.quotedPrintable(text)).utf8)
    }

    /// `Sun, 22 Nov 2026 10:00:00 +0000` (RFC 5322 3.3).
    static func format(_ date: Date) -> String {
        guard let time = CivilTime(date) else { preconditionFailure("a date of our calendar") }
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let day = "\(time.day) \(months[time.month - 1]) \(time.year)"
        let clock = [time.hour, time.minute, time.second].map(two).joined(separator: ":")
        return "\(weekdays[time.weekday]), \(day) \(clock) +0000"
    }

    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// A display name with the space after it, empty when there is none: what is more than ASCII
    /// letters, or too long for one line, in encoded words.
    private static func phrase(_ name: String) -> String {
        if name.isEmpty { return "" }
        let atoms =
            name.utf8.count <= 40
            && name.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
                    || (0x61...0x7A).contains(byte) || byte == 0x20 || byte == UInt8(ascii: "-")
            }
        return (atoms ? name : encodedWords(name)) + " "
    }

    /// A field's text: as it is where that is safe, in encoded words where it is not.
    static func unstructured(_ text: String) -> String {
        let isPlain =
            text.utf8.count <= 60 && text.utf8.allSatisfy { (0x20..<0x7F).contains($0) }
            && !text.contains("=?") && text.first != " " && text.last != " "
        return isPlain ? text : encodedWords(text)
    }

    /// Base64 words of at most 75 characters, one a line (RFC 2047 2); each holds whole
    /// characters. Line ends and other control characters become spaces.
    private static func encodedWords(_ text: String) -> String {
        var words: [[UInt8]] = [[]]
        for scalar in text.unicodeScalars {
            let isControl = scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
            let bytes = Array(String(isControl ? " " : Character(scalar)).utf8)
            // 45 bytes are 60 characters of Base64, and 12 stand around them.
            if words[words.count - 1].count + bytes.count > 45 { words.append([]) }
            words[words.count - 1] += bytes
        }
        return words.map { "=?utf-8?B?\(Base64.encode($0))?=" }.joined(separator: "\r\n ")
    }

    /// Lines of at most 76 characters of ASCII (RFC 2045 6.7).
    static func quotedPrintable(_ text: String) -> String {
        let lines = text.replacing("\r\n", with: "\n").replacing("\r", with: "\n")
            .split(separator: "\n", omittingEmptySubsequences: false)
        return lines.map(quotedPrintableLine).joined(separator: "\r\n") + "\r\n"
    }

    private static func quotedPrintableLine(_ line: Substring) -> String {
        var result = ""
        var width = 0
        let bytes = Array(line.utf8)
        for (index, byte) in bytes.enumerated() {
            let isLast = index == bytes.count - 1
            let isPlain =
                (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "=")
                || (byte == 0x20 || byte == 0x09) && !isLast
            let piece =
                isPlain ? String(UnicodeScalar(byte)) : "=" + Hex.encode([byte]).uppercased()
            if width + piece.utf8.count > 75 {
                result += "=\r\n"
                width = 0
            }
            result += piece
            width += piece.utf8.count
        }
        return result
    }
}
