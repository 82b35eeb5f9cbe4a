import FoundationEssentials
import Testing

@testable import Worker

struct MailMessageTests {
    private func message(
        from sender: String = "shop@example.org", subject: String = "Hello", text: String = "Text"
    ) throws -> String {
        let message = MailMessage(
            id: "42", sender: try #require(MailSender(sender)), recipient: "you@example.org",
            subject: subject, text: text, date: Date(timeIntervalSince1970: 1_795_341_600))
        return String(decoding: message.bytes, as: UTF8.self)
    }

    @Test func `a mail has the fields that a reader and a mail server need`() throws {
        #expect(
            try message(from: "Rushes <shop@example.org>", text: "One\nTwo") == """
                Date: Sun, 22 Nov 2026 10:00:00 +0000\r
                From: Rushes <shop@example.org>\r
                To: <you@example.org>\r
                Subject: Hello\r
                Message-ID: <42@example.org>\r
                Auto-Submitted: auto-generated\r
                MIME-Version: 1.0\r
                Content-Type: text/plain; charset=utf-8\r
                Content-Transfer-Encoding: quoted-printable\r
                \r
                One\r
                Two\r

                """)
    }

    @Test(arguments: ["a\r\nBcc: x@example.org", "a\nBcc: x@example.org", "a\u{2028}b", "=?x?="])
    func `a subject cannot become another field`(subject: String) throws {
        let text = try message(subject: subject)
        #expect(!text.contains("\nBcc:"))
        #expect(text.field("Subject: ")?.hasPrefix("=?utf-8?B?") == true)
    }

    @Test func `a long subject is folded into words of whole characters`() throws {
        let subject = String(repeating: "Füchse im Schnee 🦊 ", count: 10)
        let encoded = MailMessage.unstructured(subject)
        let words = encoded.split(separator: "\r\n ")
        #expect(words.count > 3)
        var decoded = ""
        for word in words {
            #expect(word.utf8.count <= 75)
            let base64 = String(word.dropFirst("=?utf-8?B?".count).dropLast(2))
            let data = try #require(Data(base64Encoded: base64))
            decoded += try #require(String(validating: data, as: UTF8.self))
        }
        #expect(decoded == subject)
    }

    @Test func `text is printable ASCII in short lines, and reads as before`() {
        #expect(MailMessage.quotedPrintable("a = b") == "a =3D b\r\n")
        #expect(MailMessage.quotedPrintable("é \t") == "=C3=A9 =09\r\n")
        #expect(MailMessage.quotedPrintable("a\r\nb\rc\nd") == "a\r\nb\r\nc\r\nd\r\n")
        let long = MailMessage.quotedPrintable(String(repeating: "ü", count: 100))
        let lines = long.split(separator: "\r\n")
        #expect(lines.count > 1)
        #expect(lines.allSatisfy { $0.utf8.count <= 76 })
        #expect(lines.dropLast().allSatisfy { $0.hasSuffix("=") })
    }

    @Test(arguments: [
        (0.0, "Thu, 1 Jan 1970 00:00:00 +0000"), (951_782_399, "Mon, 28 Feb 2000 23:59:59 +0000"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 +0000"),
        (4_107_542_400, "Mon, 1 Mar 2100 00:00:00 +0000"),
    ])
    func `a date is written as mail wants it`(seconds: Double, text: String) {
        #expect(MailMessage.format(Date(timeIntervalSince1970: seconds)) == text)
    }

    @Test(arguments: [
        ("shop@example.org", "", "shop@example.org"),
        ("Rushes <shop@localhost>", "Rushes", "shop@localhost"),
        ("\"The Shop, Inc.\" <shop@example.org>", "The Shop, Inc.", "shop@example.org"),
    ])
    func `a sender is read with its name`(text: String, name: String, address: String) {
        let sender = MailSender(text)
        #expect(sender?.name == name)
        #expect(sender?.address == address)
    }

    @Test(arguments: ["", "shop", "a@b@c", "Shop <a@b", "Shop\r\n<a@b>", "<a@b> x", "a b@c", "@c"])
    func `what is no sender is refused`(text: String) {
        #expect(MailSender(text) == nil)
    }

    @Test(arguments: [
        ("Ada", "Ada <"), ("A\r\nBcc: x@example.org", "=?utf-8?B?QSAgQmNjOiB4QGV4YW1wbGUub3Jn?= <"),
        ("Zoë", "=?utf-8?B?Wm/Dqw==?= <"), ("a, b", "=?utf-8?B?YSwgYg==?= <"),
    ])
    func `a recipient's name is one field, whatever it is`(name: String, field: String) throws {
        let message = MailMessage(
            id: "42", sender: try #require(MailSender("shop@example.org")),
            recipient: "you@example.org", recipientName: name, subject: "Hello", text: "Text",
            date: Date(timeIntervalSince1970: 0))
        let text = String(decoding: message.bytes, as: UTF8.self)
        #expect(text.field("To: ") == field + "you@example.org>")
        #expect(!text.contains("\nBcc:"))
    }

    @Test func `a name that is more than letters is encoded`() throws {
        #expect(
            try message(from: "The Shop, Inc. <shop@example.org>")
                .field("From: ")?.hasPrefix("=?utf-8?B?VGhlIFNob3AsIEluYy4=?= <") == true)
    }
}

extension String {
    /// What follows `name` at the beginning of a line.
    fileprivate func field(_ name: String) -> String? {
        split(separator: "\r\n").first { $0.hasPrefix(name) }.map {
            String($0.dropFirst(name.count))
        }
    }
}
