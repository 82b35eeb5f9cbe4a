internal import Addresses
internal import CCurl
package import FoundationEssentials
package import HTTP

/// What a server shows to who visits it by TLS.
package struct ServerCertificate: Sendable {
    package let endsAt: Date
    /// Why a visitor's program would not go on; nil where it would.
    package let problem: String?
}

extension Curl {
    /// Looks at the certificate of an `https` address. No request is sent: the connection ends with
    /// its handshake. Throws ``TransportError`` where there is none.
    package func certificate(of address: String) throws(TransportError) -> ServerCertificate {
        guard let url = WebURL(link: address) else {
            throw TransportError(.refusedAddress, "not a URL that may be visited")
        }
        // A handshake that is refused tells no date, so that one is looked at that is not judged. Each
        // has a handle of its own, which closes its connection.
        let endsAt = try Curl(options).endOfCertificate(of: url)
        do throws(TransportError) {
            try Curl(options).shakeHands(with: url, isJudged: true)
            return ServerCertificate(endsAt: endsAt, problem: nil)
        } catch {
            return ServerCertificate(endsAt: endsAt, problem: error.message)
        }
    }

    private func shakeHands(with url: WebURL, isJudged: Bool) throws(TransportError) {
        try begin(
            url.text, Limits(total: options.timeout, maxBytes: options.maxResponseBytes),
            protocols: "https")
        try set(CURLOPT_CONNECT_ONLY, 1)
        try set(CURLOPT_CERTINFO, 1)
        if !isJudged {
            try set(CURLOPT_SSL_VERIFYPEER, 0)
            try set(CURLOPT_SSL_VERIFYHOST, 0)
        }
        let transfer = Transfer(to: .memory, maxBytes: options.maxResponseBytes, isGuarded: false)
        try setCallbacks(to: transfer)
        try run(transfer)
    }

    /// Of the first certificate of the handshake, which is the server's own.
    private func endOfCertificate(of url: WebURL) throws(TransportError) -> Date {
        try shakeHands(with: url, isJudged: false)
        var chain: UnsafeMutablePointer<curl_certinfo>?
        if unsafe rushes_curl_get_certificates(handle, &chain) == CURLE_OK,
            let chain = unsafe chain, unsafe chain.pointee.num_of_certs > 0
        {
            var line = unsafe chain.pointee.certinfo[0]
            while let one = unsafe line {
                let text = unsafe String(cString: one.pointee.data)
                if text.hasPrefix(Self.endLabel),
                    let end = HTTPDate.parse(String(text.dropFirst(Self.endLabel.count)))
                {
                    return end
                }
                unsafe line = one.pointee.next
            }
        }
        throw TransportError(.unknown, "the server's certificate tells no end")
    }

    /// As libcurl names the line.
    private static let endLabel = "Expire date:"
}
