import CLinux
import Glibc

/// How a program ended, and what it wrote.
package struct CommandResult: Equatable, Sendable {
    package enum Ending: Equatable, Sendable {
        /// It returned this exit code; 0 is success.
        case exited(code: Int32)
        /// This signal ended it.
        case killed(signal: Int32)
    }

    package let ending: Ending
    /// What it wrote, each up to the limit; the rest was read and dropped.
    package let output: [UInt8]
    package let errorOutput: [UInt8]

    package var isSuccess: Bool { ending == .exited(code: 0) }
}

/// No result of the program can be given.
package enum CommandError: Error, Equatable {
    /// It could not be started, for example because it is not installed (ENOENT).
    case notStarted(SystemError)
    /// It ran longer than it may, and was killed.
    case timedOut
    /// Its output or its end could not be read; it was killed.
    case lost(SystemError)
}

/// What a program may use, and each of its children (setrlimit(2)): a program that reads foreign
/// files must not be able to take the machine.
package struct CommandLimits: Equatable, Sendable {
    /// Memory that it maps, its own libraries included. Beyond, an allocation fails.
    package var addressSpaceBytes: Int
    /// Time on a processor. Beyond, it is killed.
    package var processorSeconds: Int
    /// The size of each file that it writes; pipes have none. Beyond, it is killed.
    package var fileBytes: Int
    /// Files that it has open at once, the three standard ones included.
    package var descriptors: Int
    /// Memory that it writes to (heap, stacks, private mappings), its libraries' code left out. Nil:
    /// the address space alone bounds it.
    package var dataBytes: Int?

    package init(
        addressSpaceBytes: Int, processorSeconds: Int, fileBytes: Int, descriptors: Int,
        dataBytes: Int? = nil
    ) {
        self.addressSpaceBytes = addressSpaceBytes
        self.processorSeconds = processorSeconds
        self.fileBytes = fileBytes
        self.descriptors = descriptors
        self.dataBytes = dataBytes
    }

    /// What to run in place of a program, for it to be run under these limits.
    ///
    /// posix_spawn(3) sets no limits, `fork` in a process of many threads leaves locks held, and
    /// prlimit(2) on a child that runs already comes late. prlimit(1) of util-linux, which every
    /// Debian has, limits itself and becomes the program, without a shell in between.
    fileprivate var wrapper: [String] {
        ["prlimit", "--as=\(addressSpaceBytes)"]
            + (dataBytes.map { ["--data=\($0)"] } ?? [])
            + [
                "--cpu=\(processorSeconds)", "--fsize=\(fileBytes)", "--nofile=\(descriptors)",
                "--core=0", "--",
            ]
    }
}

/// Runs another program, as ffmpeg, without a shell.
package struct Command {
    /// Runs `executable` (looked up in PATH unless it has a slash) and waits for its end.
    ///
    /// The program gets no input, no open file of ours, no blocked signal, and of our environment
    /// only PATH: keys and passwords stay here. It leads a process group of its own, which is
    /// killed when the program has ended or `timeout` is over, so that no child of it stays.
    /// At most `outputLimit` bytes of its output, and as many of its error output, are kept. It
    /// works in `folder`, or in ours, and under `limits`, or under those that we have.
    package static func run(
        _ executable: String, _ arguments: [String], timeout: Duration, outputLimit: Int,
        in folder: String? = nil, limits: CommandLimits? = nil
    ) throws(CommandError) -> CommandResult {
        let deadline = ContinuousClock.now + timeout
        let output: Pipe
        let errorOutput: Pipe
        let process: pid_t
        do throws(SystemError) {
            output = try Pipe(limit: outputLimit)
            errorOutput = try Pipe(limit: outputLimit)
            var command = [executable]
            // Looked up here, since what a wrapper does not find it cannot tell as an error.
            if let limits { command = try limits.wrapper + [find(executable)] }
            process = try spawn(
                command + arguments, in: folder, output: output, errorOutput: errorOutput)
        } catch {
            throw .notStarted(error)
        }
        output.closeWritingEnd()
        errorOutput.closeWritingEnd()

        let hasEnded: Bool
        do throws(SystemError) {
            let isRead = try readToEnd(output, errorOutput, until: deadline)
            hasEnded = try isRead ? waitForEnd(of: process, until: deadline) : false
        } catch {
            _ = try? killGroup(of: process)
            throw .lost(error)
        }
        let ending: CommandResult.Ending
        do throws(SystemError) {
            ending = try killGroup(of: process)
        } catch {
            throw .lost(error)
        }
        guard hasEnded else { throw .timedOut }
        return CommandResult(
            ending: ending, output: output.bytes, errorOutput: errorOutput.bytes)
    }

    // MARK: Start

    /// The PATH that we and what we start look programs up in.
    private static var searchPath: String {
        unsafe getenv("PATH").map { unsafe String(cString: $0) } ?? "/usr/bin:/bin"
    }

    /// The path of a program, or the error that starting it would give.
    private static func find(_ executable: String) throws(SystemError) -> String {
        let candidates =
            executable.utf8.contains(UInt8(ascii: "/"))
            ? [executable] : searchPath.split(separator: ":").map { "\($0)/\(executable)" }
        guard let path = candidates.first(where: { unsafe access($0, X_OK) == 0 }) else {
            throw SystemError("posix_spawnp", code: ENOENT, path: executable)
        }
        return path
    }

    private static func spawn(
        _ command: [String], in folder: String?, output: Pipe, errorOutput: Pipe
    ) throws(SystemError) -> pid_t {
        let executable = command[0]
        func check(_ call: StaticString, _ code: Int32) throws(SystemError) {
            if code != 0 { throw SystemError(call, code: code, path: executable) }
        }

        var actions = unsafe posix_spawn_file_actions_t()
        try check("posix_spawn_file_actions_init", unsafe posix_spawn_file_actions_init(&actions))
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        try check(
            "posix_spawn_file_actions_addopen",
            unsafe posix_spawn_file_actions_addopen(
                &actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0))
        for (pipe, descriptor) in [(output, STDOUT_FILENO), (errorOutput, STDERR_FILENO)] {
            try check(
                "posix_spawn_file_actions_adddup2",
                unsafe posix_spawn_file_actions_adddup2(&actions, pipe.writingEnd, descriptor))
        }
        if let folder {
            try check(
                "posix_spawn_file_actions_addchdir_np",
                unsafe posix_spawn_file_actions_addchdir_np(&actions, folder))
        }
        // Also those that other threads, or libfcgi, opened without O_CLOEXEC.
        try check(
            "posix_spawn_file_actions_addclosefrom_np",
            unsafe posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1))

        var attributes = posix_spawnattr_t()
        try check("posix_spawnattr_init", unsafe posix_spawnattr_init(&attributes))
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        try check(
            "posix_spawnattr_setsigmask", unsafe posix_spawnattr_setsigmask(&attributes, &signals))
        unsafe sigfillset(&signals)
        try check(
            "posix_spawnattr_setsigdefault",
            unsafe posix_spawnattr_setsigdefault(&attributes, &signals))
        try check("posix_spawnattr_setpgroup", unsafe posix_spawnattr_setpgroup(&attributes, 0))
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP
        try check(
            "posix_spawnattr_setflags", unsafe posix_spawnattr_setflags(&attributes, Int16(flags)))

        var process: pid_t = 0
        let code = unsafe withCStrings(command) { arguments in
            unsafe withCStrings(["PATH=\(searchPath)", "LC_ALL=C.UTF-8"]) { environment in
                unsafe posix_spawnp(
                    &process, executable, &actions, &attributes, arguments, environment)
            }
        }
        try check("posix_spawnp", code)
        return process
    }

    /// Gives `body` the strings as C wants an `argv`: an array of pointers that ends with null.
    private static func withCStrings<Result>(
        _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        let bytes = strings.flatMap(\.utf8CString)
        return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: bytes.count) {
            storage in
            unsafe withUnsafeTemporaryAllocation(
                of: UnsafeMutablePointer<CChar>?.self, capacity: strings.count + 1
            ) { pointers in
                _ = unsafe storage.initialize(fromContentsOf: bytes)
                var offset = 0
                for (index, string) in strings.enumerated() {
                    unsafe pointers.initializeElement(
                        at: index, to: storage.baseAddress.map { unsafe $0 + offset })
                    offset += string.utf8.count + 1
                }
                unsafe pointers.initializeElement(at: strings.count, to: nil)
                return unsafe body(pointers.baseAddress!)
            }
        }
    }

    // MARK: While it runs

    /// Reads both pipes until the program and its children have closed them.
    /// Returns false when the time was over first.
    private static func readToEnd(
        _ output: Pipe, _ errorOutput: Pipe, until deadline: ContinuousClock.Instant
    ) throws(SystemError) -> Bool {
        while output.isOpen || errorOutput.isOpen {
            let left = deadline - .now
            guard left > .zero else { return false }
            // poll(2) passes over negative descriptors: those of a closed pipe.
            var entries = [output, errorOutput].map {
                pollfd(fd: $0.readingEnd, events: Int16(POLLIN), revents: 0)
            }
            // A longer wait than a minute is only one more round.
            let milliseconds = Int32(min(left, .seconds(60)) / .milliseconds(1)) + 1
            _ = try retrying("poll") { unsafe poll(&entries, nfds_t(entries.count), milliseconds) }
            if entries[0].revents != 0 { try output.read() }
            if entries[1].revents != 0 { try errorOutput.read() }
        }
        return true
    }

    /// Waits for the end of the program without reaping it, so that its group's id stays its own.
    /// Returns false when the time was over first.
    private static func waitForEnd(
        of process: pid_t, until deadline: ContinuousClock.Instant
    ) throws(SystemError) -> Bool {
        // A program ends right after it has closed its output, so this loop hardly ever turns.
        while true {
            var information = unsafe siginfo_t()
            _ = try retrying("waitid") {
                unsafe waitid(P_PID, id_t(process), &information, WEXITED | WNOHANG | WNOWAIT)
            }
            if unsafe information.si_signo == SIGCHLD { return true }
            guard ContinuousClock.now < deadline else { return false }
            usleep(2000)
        }
    }

    /// Kills what is left of the group and reaps the program.
    private static func killGroup(of process: pid_t) throws(SystemError) -> CommandResult.Ending {
        // Fails when nothing is left, as it should.
        kill(-process, SIGKILL)
        var status: Int32 = 0
        _ = try retrying("waitpid") { unsafe waitpid(process, &status, 0) }
        // WIFEXITED, WEXITSTATUS and WTERMSIG of wait(2) are macros, which Swift does not import.
        let signal = status & 0x7f
        return signal == 0 ? .exited(code: status >> 8 & 0xff) : .killed(signal: signal)
    }

    /// The pipe that one output of the program comes through.
    private final class Pipe {
        private(set) var bytes: [UInt8] = []
        private let limit: Int
        /// -1 once closed.
        private(set) var readingEnd: Int32
        private(set) var writingEnd: Int32

        init(limit: Int) throws(SystemError) {
            var ends: [Int32] = [-1, -1]
            guard unsafe pipe2(&ends, O_CLOEXEC) == 0 else { throw SystemError("pipe2") }
            self.limit = limit
            readingEnd = ends[0]
            writingEnd = ends[1]
        }

        deinit {
            closeReadingEnd()
            closeWritingEnd()
        }

        var isOpen: Bool { readingEnd >= 0 }

        /// Reads what is there, and closes at the end. Blocks when nothing is there.
        func read() throws(SystemError) {
            let count = try unsafe withUnsafeTemporaryAllocation(
                of: UInt8.self, capacity: 16_384
            ) { (buffer) throws(SystemError) in
                let count = try retrying("read") {
                    unsafe Glibc.read(readingEnd, buffer.baseAddress, buffer.count)
                }
                unsafe bytes.append(contentsOf: buffer.prefix(min(count, limit - bytes.count)))
                return count
            }
            if count == 0 { closeReadingEnd() }
        }

        func closeReadingEnd() {
            if readingEnd >= 0 { close(readingEnd) }
            readingEnd = -1
        }

        func closeWritingEnd() {
            if writingEnd >= 0 { close(writingEnd) }
            writingEnd = -1
        }
    }
}
