import Curl
import Testing

struct MailTests {
    private func send(
        _ message: String = "Subject: Hello\r\n\r\nOne\r\n.\r\n.two\r\n",
        to recipient: String = "you@example.org", by url: String, caFile: String? = nil,
        as client: String? = nil
    ) -> MailError? {
        let curl = Curl(
            CurlOptions(userAgent: "Rushes/1.2.3", timeout: .seconds(10), caFile: caFile))
        guard var server = SMTPServer(url: url) else {
            Issue.record("no server")
            return nil
        }
        server.clientName = client
        do {
            try curl.send(
                OutboundMail(
                    sender: "shop@example.org", recipient: recipient, message: Array(message.utf8)),
                by: server)
            return nil
        } catch {
            return error
        }
    }

    @Test func `a server without users takes mail in the clear, dots and all`() throws {
        let server = try LocalMailServer(.none)
        #expect(send(by: "smtp://127.0.0.1:\(server.port)") == nil)
        let lines = server.transcript()
        #expect(lines.contains { $0.hasPrefix("MAIL FROM:<shop@example.org>") })
        #expect(lines.contains("RCPT TO:<you@example.org>"))
        let data = try #require(lines.firstIndex(of: "DATA"))
        #expect(
            lines[(data + 1)...].prefix(6) == ["Subject: Hello", "", "One", "..", "..two", "."])
    }

    @Test(arguments: ["shop.example", "xn--bcher-kva.example", "[127.0.0.1]", "[IPv6:::1]"])
    func `EHLO says the name that we are given`(name: String) throws {
        let server = try LocalMailServer(.none)
        #expect(send(by: "smtp://127.0.0.1:\(server.port)", as: name) == nil)
        #expect(server.transcript().contains("EHLO \(name)"))
    }

    @Test func `a server that takes Kerberos alone is an error`() throws {
        let server = try LocalMailServer(.kerberos)
        let error = send(
            by: "smtps://me%40example.org:word@localhost:\(server.port)", caFile: server.caFile)
        #expect(error?.isFinal == false)
        #expect(!server.transcript().contains { $0.hasPrefix("MAIL") })
    }

    @Test func `a user signs in after STARTTLS, with the password decoded`() throws {
        let server = try LocalMailServer(.startTLS)
        let error = send(
            by: "smtp://me%40example.org:p%3Aw%25@localhost:\(server.port)", caFile: server.caFile)
        #expect(error == nil)
        let lines = server.transcript()
        let tls = try #require(lines.firstIndex(of: "STARTTLS"))
        let auth = try #require(lines.firstIndex(of: "AUTH |me@example.org|p:w%"))
        #expect(tls < auth)
        #expect(lines.contains("DATA"))
    }

    @Test func `a user signs in by TLS from the first byte`() throws {
        let server = try LocalMailServer(.implicit)
        #expect(send(by: "smtps://me:pw@localhost:\(server.port)", caFile: server.caFile) == nil)
        #expect(server.transcript().contains("AUTH |me|pw"))
    }

    @Test func `a password is never told without TLS`() throws {
        let server = try LocalMailServer(.none)
        let error = send(by: "smtp://me:pw@127.0.0.1:\(server.port)")
        #expect(error?.isFinal == false)
        let lines = server.transcript()
        #expect(!lines.contains { $0.hasPrefix("AUTH") || $0.hasPrefix("MAIL") })
    }

    @Test func `a certificate that is not trusted gets no password`() throws {
        let server = try LocalMailServer(.startTLS)
        #expect(send(by: "smtp://me:pw@localhost:\(server.port)") != nil)
        #expect(!server.transcript().contains { $0.hasPrefix("AUTH") })
    }

    @Test(arguments: [("450@example.org", false), ("550@example.org", true)])
    func `a recipient that is refused for good is told from one that is put off`(
        recipient: String, isFinal: Bool
    ) throws {
        let server = try LocalMailServer(.none)
        let error = send(to: recipient, by: "smtp://127.0.0.1:\(server.port)")
        #expect(error?.isFinal == isFinal)
        #expect(error?.message.contains("example.org") == false)
        #expect(!server.transcript().contains("DATA"))
    }

    @Test func `a server that is away may be there later`() {
        #expect(send(by: "smtp://127.0.0.1:1")?.isFinal == false)
    }

    @Test(arguments: ["you@example.org>\r\nRCPT TO:<me@example.org", "you@x y", "you", "a\"@b"])
    func `an address that would end the command is not sent`(recipient: String) {
        #expect(send(to: recipient, by: "smtp://127.0.0.1:1")?.isFinal == true)
    }

    @Test(arguments: [
        "http://mail.example", "smtp://", "smtp://user@mail.example", "smtp://:pw@mail.example",
        "smtp://u:%0D@mail.example", "smtp://u:%4@mail.example", "smtp://mail.example/path",
        "smtp://mail.example:99999", "smtp://mail.example:0", "smtp://mail example",
        "smtp://mail.example#", "smtp://mail.example?", "smtp://127.1", "smtp://[::1",
        "smtp://mail.example\\", "smtp://m\u{E4}il.example", "smtp://u:p@@mail.example",
    ])
    func `what is no address of a mail server is refused`(url: String) {
        #expect(SMTPServer(url: url) == nil)
    }

    @Test(arguments: [
        "smtp://mail.example", "smtps://u:p%40@mail.example:465/", "SMTP://[::1]:25",
        // A mark behind a separator makes one character of both.
        "smtp://u:\u{301}p@mail.example", "smtp://u:p\u{301}@mail.example/",
    ])
    func `an address of a mail server is taken`(url: String) {
        #expect(SMTPServer(url: url) != nil)
    }
}
