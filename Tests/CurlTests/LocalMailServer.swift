import Glibc
import Testing

/// A mail server on a loopback port for a number of connections, in Python because its standard
/// library speaks STARTTLS as a server. It trusts nobody and takes every mail, except for
/// recipients that begin with a reply: `450@…` is put off, `550@…` is refused.
@safe
final class LocalMailServer {
    enum Security: String {
        case none
        /// Offers STARTTLS, and AUTH after it.
        case startTLS
        /// TLS from the first byte.
        case implicit
        /// The same, and no other AUTH than by Kerberos.
        case kerberos
    }

    let port: Int
    let caFile: String
    private let folder: String
    private let process: UnsafeMutablePointer<FILE>

    init(_ security: Security, connections: Int = 1) throws {
        var template = Array("/tmp/rushes-mail-XXXXXX\0".utf8.map(CChar.init(bitPattern:)))
        folder = try #require(unsafe mkdtemp(&template).map { unsafe String(cString: $0) })
        caFile = folder + "/certificate.pem"
        if security != .none {
            let status = unsafe system(
                "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes "
                    + "-days 2 -subj /CN=test -addext subjectAltName=DNS:localhost "
                    + "-keyout \(folder)/key.pem -out \(caFile) 2>/dev/null")
            try #require(status == 0)
        }
        let script = unsafe try #require(fopen(folder + "/server.py", "w"))
        _ = unsafe fputs(Self.script, script)
        let isWritten = unsafe fclose(script) == 0
        try #require(isWritten)
        unsafe process = try #require(
            popen("python3 \(folder)/server.py \(security.rawValue) \(folder) \(connections)", "r"))
        var line = [CChar](repeating: 0, count: 64)
        _ = unsafe fgets(&line, CInt(line.count), process)
        let text = String(
            decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        port = try #require(Int(text.filter(\.isNumber)))
    }

    /// What the clients have sent, one line each, after the last of them has left.
    func transcript() -> [String] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case let count = unsafe fread(&buffer, 1, buffer.count, process), count > 0 {
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false
        ).dropLast().map(String.init)
    }

    deinit {
        // Waits until the last connection is served.
        unsafe pclose(process)
        for name in ["/key.pem", "/certificate.pem", "/server.py", ""] {
            unsafe remove(folder + name)
        }
    }

    private static let script = """
        import base64, socket, ssl, sys
        security, folder, connections = sys.argv[1], sys.argv[2], int(sys.argv[3])
        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(20)
        print(listener.getsockname()[1], flush=True)
        def secure(connection):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(folder + "/certificate.pem", folder + "/key.pem")
            return context.wrap_socket(connection, server_side=True)
        def serve(connection):
            connection.settimeout(20)
            encrypted = security in ("implicit", "kerberos")
            if encrypted:
                connection = secure(connection)
            reader = connection.makefile("rb")
            def reply(*lines):
                for text in lines:
                    connection.sendall(text.encode() + b"\\r\\n")
            def show(encoded):
                print("AUTH " + base64.b64decode(encoded).decode().replace("\\0", "|"), flush=True)
                reply("235 welcome")
            reply("220 test")
            inside = False
            while raw := reader.readline():
                line = raw.decode().rstrip("\\r\\n")
                words = line.split(" ")
                if words[0] != "AUTH" or inside:
                    print(line, flush=True)
                if inside:
                    inside = line != "."
                    if not inside:
                        reply("250 taken")
                elif words[0] == "EHLO":
                    if encrypted:
                        ways = "GSSAPI" if security == "kerberos" else "PLAIN"
                        reply("250-test", "250 AUTH " + ways)
                    elif security == "startTLS":
                        reply("250-test", "250 STARTTLS")
                    else:
                        reply("250 test")
                elif words[0] == "STARTTLS":
                    reply("220 go on")
                    connection = secure(connection)
                    reader = connection.makefile("rb")
                    encrypted = True
                elif words[0] == "AUTH" and len(words) == 3:
                    show(words[2])
                elif words[0] == "AUTH":
                    reply("334 ")
                    show(reader.readline())
                elif words[0] == "RCPT" and "<450@" in line:
                    reply("450 later")
                elif words[0] == "RCPT" and "<550@" in line:
                    reply("550 unknown")
                elif words[0] == "DATA":
                    inside = True
                    reply("354 go on")
                elif words[0] == "QUIT":
                    reply("221 bye")
                    return
                else:
                    reply("250 fine")
        for _ in range(connections):
            connection, _ = listener.accept()
            try:
                serve(connection)
            except OSError:
                pass
            connection.close()
        """
}
