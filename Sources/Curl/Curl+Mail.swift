internal import Addresses
internal import CCurl
internal import Glibc
internal import HTTP

extension Curl {
    /// Hands one mail to a server by SMTP (RFC 5321), and waits until it has taken it.
    ///
    /// After an error the server may have taken it all the same. Lines that begin with a dot are
    /// made safe by libcurl.
    package func send(_ mail: OutboundMail, by server: SMTPServer) throws(MailError) {
        guard Self.isBare(mail.sender), Self.isBare(mail.recipient) else {
            throw MailError(isFinal: true, "this is not a mail address")
        }
        let transfer = Transfer(to: .memory, maxBytes: options.maxResponseBytes, isGuarded: false)
        do throws(TransportError) {
            try hand(over: mail, to: server, transfer)
        } catch {
            // The last reply of the server, or 0; of a refused password it is 535.
            let status = status
            throw MailError(
                isFinal: (550..<560).contains(status),
                status > 0 ? "\(error.message) (\(status))" : error.message)
        }
    }

    private func hand(
        over mail: OutboundMail, to server: SMTPServer, _ transfer: Transfer
    ) throws(TransportError) {
        // The path of the address is what libcurl says in EHLO.
        let path = server.clientName.map { "/" + $0.percentEncoded } ?? ""
        try begin(
            server.url + path, Limits(total: options.timeout, maxBytes: options.maxResponseBytes),
            protocols: "smtp,smtps")
        if let user = server.user, let password = server.password {
            try set(CURLOPT_USERNAME, user)
            try set(CURLOPT_PASSWORD, password)
            try set(CURLOPT_USE_SSL, rushes_curl_tls_required())
        } else {
            try set(CURLOPT_USE_SSL, rushes_curl_tls_none())
        }
        try set(CURLOPT_MAIL_FROM, "<\(mail.sender)>")
        guard let recipients = unsafe curl_slist_append(nil, "<\(mail.recipient)>") else {
            throw TransportError(.notSent, "out of memory")
        }
        defer { unsafe curl_slist_free_all(recipients) }
        try unsafe checkSetting(
            rushes_curl_set_list(handle, CURLOPT_MAIL_RCPT, recipients))
        try setCallbacks(to: transfer)

        let source = UploadSource(.bytes(mail.message))
        try setSource(source)
        try withExtendedLifetime(source) { () throws(TransportError) in try run(transfer) }
    }

    /// Whether the address can stand between angle brackets as it is: anything else could end the
    /// command and begin another.
    private static func isBare(_ address: String) -> Bool {
        address.contains("@")
            && address.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"<>\"\\".utf8.contains($0) }
    }
}
