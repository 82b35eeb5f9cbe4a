import Glibc

/// `openssl s_server` with a certificate of its own for 127.0.0.1, for a number of connections.
@safe
package final class SecureServer {
    package enum Validity {
        case days(Int)
        /// Of the year 2020.
        case past
    }

    package let url: String
    package let port: Int
    /// Its certificate, to be trusted.
    package let caFile: String
    private let folder: String
    private let output: UnsafeMutablePointer<FILE>

    private struct Failure: Error {
        let what: String
    }

    package init(connections: Int, _ validity: Validity = .days(2)) throws {
        var template = Array("/tmp/rushes-tls-XXXXXX\0".utf8.map(CChar.init(bitPattern:)))
        guard let folder = unsafe mkdtemp(&template).map({ unsafe String(cString: $0) }) else {
            throw Failure(what: "no folder")
        }
        caFile = folder + "/certificate.pem"
        guard unsafe system(SecureServer.making(validity, in: folder)) == 0 else {
            throw Failure(what: "no certificate")
        }
        let command =
            "openssl s_server -accept 127.0.0.1:0 -key \(folder)/key.pem -cert \(caFile) -www "
            + "-naccept \(connections) 2>&1 </dev/null"
        guard let output = unsafe popen(command, "r") else { throw Failure(what: "no server") }
        // "ACCEPT 127.0.0.1:44321" says that it listens, and where.
        var line = [CChar](repeating: 0, count: 256)
        var port: Int?
        while port == nil, unsafe fgets(&line, CInt(line.count), output) != nil {
            let text = String(
                decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            if text.hasPrefix("ACCEPT "), let colon = text.lastIndex(of: ":") {
                port = Int(text[text.index(after: colon)...].prefix { $0.isNumber })
            }
        }
        guard let port else { throw Failure(what: "it does not listen") }
        self.folder = folder
        unsafe self.output = output
        self.port = port
        url = "https://127.0.0.1:\(port)/"
    }

    deinit {
        // Waits until the last connection is served.
        unsafe pclose(output)
        unsafe system("rm -r \(folder)")
    }

    private static func making(_ validity: Validity, in folder: String) -> String {
        let request =
            "openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=test "
            + "-addext subjectAltName=IP:127.0.0.1 -keyout \(folder)/key.pem"
        switch validity {
        case .days(let days):
            return "\(request) -x509 -days \(days) -out \(folder)/certificate.pem 2>/dev/null"
        case .past:
            let settings =
                "[ca]\\ndefault_ca=own\\n[own]\\ndatabase=\(folder)/index\\n"
                + "new_certs_dir=\(folder)\\nserial=\(folder)/serial\\ndefault_md=sha256\\n"
                + "policy=any\\ncopy_extensions=copy\\n[any]\\ncommonName=optional\\n"
            return """
                cd \(folder) && touch index && echo 01 > serial && printf '\(settings)' > settings \
                && \(request) -out request 2>/dev/null \
                && openssl ca -batch -selfsign -config settings -keyfile key.pem -in request \
                -startdate 20200101000000Z -enddate 20201231000000Z -notext -out certificate.pem \
                2>/dev/null
                """
        }
    }
}
