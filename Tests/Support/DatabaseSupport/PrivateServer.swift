import FoundationEssentials
import Glibc
package import MariaDB
import System

/// A MariaDB server of these tests' own: its data in a temporary folder, reached by a unix socket
/// in it and by nothing else, with the settings that production has.
///
/// Server and folder go away with this process, however it ends.
package final class PrivateServer: Sendable {
    /// Where everything of it lies.
    private let folder: String
    package let socket: String

    /// Makes the data folder and starts the server on it.
    package init() throws {
        var template = Array("/tmp/rushes-test-XXXXXX".utf8CString)
        let made = unsafe template.withUnsafeMutableBufferPointer { buffer in
            unsafe mkdtemp(buffer.baseAddress!) != nil
        }
        guard made else { throw SystemError("mkdtemp", path: "/tmp/rushes-test-XXXXXX") }
        folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        socket = "\(folder)/socket"
        try watch()
        try FileManager.default.createDirectory(
            atPath: "\(folder)/tmp", withIntermediateDirectories: false)
        try Self.command(
            "mariadb-install-db",
            [
                "--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db",
                "--datadir=\(folder)/data", temporaryFolder,
            ] + Self.asUser)
        try start()
    }

    /// A server that starts removes what looks like its own old tables from this folder, which may be
    /// those of another that runs: no two servers share one.
    private var temporaryFolder: String { "--tmpdir=\(folder)/tmp" }

    /// An account that may do everything, without a default database.
    package var configuration: DatabaseConfiguration {
        get throws { try DatabaseConfiguration(url: "mariadb://root@localhost/?socket=\(socket)") }
    }

    /// Starts the server after ``kill()`` and waits until it answers.
    package func start() throws {
        let arguments =
            [
                "--no-defaults", "--datadir=\(folder)/data", temporaryFolder, "--socket=\(socket)",
                "--pid-file=\(folder)/pid", "--log-error=\(folder)/log", "--skip-networking",
                "--local-infile=OFF", "--innodb-flush-log-at-trx-commit=1",
                "--innodb-snapshot-isolation=ON", "--innodb-lock-wait-timeout=5",
                "--character-set-server=utf8mb4", "--max-connections=300",
                "--innodb-buffer-pool-size=128M", "--innodb-log-file-size=64M",
                // What a killed process has written stays, synced or not.
                "--debug-no-sync=ON", "--sync-frm=OFF",
            ] + Self.asUser
        try Self.detach(#"exec mariadbd "$@""#, arguments)
        let connection = Connection(try configuration)
        try wait(upTo: .seconds(30), "mariadbd did not start, see \(folder)/log") {
            (try? connection.execute("DO 1")) != nil
        }
    }

    /// Ends the server at once, as a crash does (SIGKILL), and waits until it is gone.
    package func kill() throws {
        let text = try String(contentsOfFile: "\(folder)/pid", encoding: .utf8)
        guard let process = pid_t(text.prefix { $0.isNumber }) else {
            throw TestServerError("\(folder)/pid holds no number")
        }
        guard Glibc.kill(process, SIGKILL) == 0 else { throw SystemError("kill") }
        // Its socket refuses once the kernel has closed all its files.
        let connection = Connection(try configuration)
        try wait(upTo: .seconds(60), "mariadbd did not end") {
            do throws(DatabaseError) {
                try connection.execute("DO 1")
                return false
            } catch {
                return error.kind == .unavailable
            }
        }
        unsafe unlink("\(folder)/pid")
    }

    /// Removes server and folder when this process is gone.
    private func watch() throws {
        try Self.detach(
            """
            while kill -0 "$1" && [ -d "$2" ]; do sleep 0.2; done
            [ ! -f "$2/pid" ] || kill -9 "$(cat "$2/pid")"
            rm -rf "$2"
            """, ["\(getpid())", folder])
    }

    /// Starts a shell script that goes on by itself. It is moved to a session of its own before
    /// this returns, or `Command` would end it together with the shell that starts it.
    private static func detach(_ script: String, _ arguments: [String]) throws {
        try command(
            "setsid",
            [
                "--wait", "sh", "-c", #"sh -c "$@" </dev/null >/dev/null 2>&1 &"#, "sh", script,
                "sh",
            ] + arguments)
    }

    private static var asUser: [String] { getuid() == 0 ? ["--user=root"] : [] }

    private static func command(_ executable: String, _ arguments: [String]) throws {
        let result = try Command.run(
            executable, arguments, timeout: .seconds(240), outputLimit: 10_000)
        guard result.isSuccess else {
            throw TestServerError(
                "\(executable): \(String(decoding: result.errorOutput, as: UTF8.self))")
        }
    }
}

package struct TestServerError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}

/// Returns as soon as `condition` holds; throws `failure` when it does not within the time.
package func wait(
    upTo limit: Duration, _ failure: String, until condition: () throws -> Bool
) throws {
    let deadline = ContinuousClock.now + limit
    while try !condition() {
        guard ContinuousClock.now < deadline else { throw TestServerError(failure) }
        usleep(2_000)
    }
}
