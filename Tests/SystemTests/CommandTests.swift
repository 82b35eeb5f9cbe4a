import System
import Testing

struct CommandTests {
    /// Runs a line of shell. Only these tests do that.
    private func shell(
        _ line: String, timeout: Duration = .seconds(20), outputLimit: Int = 1000
    ) throws(CommandError) -> CommandResult {
        try Command.run("/bin/sh", ["-c", line], timeout: timeout, outputLimit: outputLimit)
    }

    @Test func `both outputs and the exit code come back`() throws {
        let result = try shell("printf out; printf err >&2; exit 3")
        #expect(result.ending == .exited(code: 3))
        #expect(result.output == Array("out".utf8))
        #expect(result.errorOutput == Array("err".utf8))
        #expect(!result.isSuccess)
    }

    @Test func `arguments reach the program as they are`() throws {
        let arguments = ["a b", "", "$HOME", "'; exit 1", "ä"]
        let result = try Command.run(
            "printf", ["<%s>"] + arguments, timeout: .seconds(20), outputLimit: 1000)
        #expect(result.output == Array("<a b><><$HOME><'; exit 1><ä>".utf8))
        #expect(result.isSuccess)
    }

    @Test func `a program that is not there is not started`() {
        #expect(throws: CommandError.notStarted(SystemError("posix_spawnp", code: 2, path: "/no")))
        {
            try Command.run("/no", [], timeout: .seconds(20), outputLimit: 0)
        }
    }

    @Test func `output beyond the limit is dropped without stopping the program`() throws {
        let result = try shell("head -c 300000 /dev/zero; printf done >&2", outputLimit: 4)
        #expect(result.output == [0, 0, 0, 0])
        #expect(result.errorOutput == Array("done".utf8))
        #expect(result.isSuccess)
    }

    @Test(arguments: [
        "sleep 60",
        // Closes its output and goes on.
        "exec >&- 2>&-; sleep 60",
        // Ends, but leaves a child that holds the pipe.
        "sleep 60 & exit 0",
    ])
    func `what runs longer than it may is killed`(line: String) {
        let start = ContinuousClock.now
        #expect(throws: CommandError.timedOut) {
            try shell(line, timeout: .milliseconds(100))
        }
        #expect(ContinuousClock.now - start < .seconds(10))
    }

    @Test func `a signal that ends the program is told`() throws {
        #expect(try shell("kill -TERM $$").ending == .killed(signal: 15))
    }

    @Test func `the program has no input, no open file and no secret of ours`() throws {
        let result = try shell("cat; ls /proc/self/fd | wc -l; env | cut -d= -f1 | sort")
        // Three outputs and the folder that ls reads.
        let lines = String(decoding: result.output, as: UTF8.self).split(separator: "\n")
        #expect(lines == ["4", "LC_ALL", "PATH", "PWD"])
    }

    @Test func `signals that we block are not blocked in the program`() throws {
        let result = Answer<String>()
        try WorkerThread.start(name: "blocked") {
            Signals.block(Signal.allCases)
            let lines = try? Command.run(
                "grep", ["SigBlk", "/proc/self/status"], timeout: .seconds(20), outputLimit: 100)
            result.set(String(decoding: lines?.output ?? [], as: UTF8.self))
        }.join()
        #expect(result.value == "SigBlk:\t0000000000000000\n")
    }

    // MARK: Limits

    private func limited(
        _ line: String, memory: Int = 1 << 30, seconds: Int = 20, file: Int = 1 << 20,
        descriptors: Int = 64, in folder: String? = nil
    ) throws -> CommandResult {
        try Command.run(
            "sh", ["-c", line], timeout: .seconds(60), outputLimit: 1000, in: folder,
            limits: CommandLimits(
                addressSpaceBytes: memory, processorSeconds: seconds, fileBytes: file,
                descriptors: descriptors))
    }

    @Test func `within its limits a program runs as it does without`() throws {
        let result = try limited("printf '<%s>' \"$HOME\" '--'; exit 3")
        #expect(result.output == Array("<><-->".utf8))
        #expect(result.ending == .exited(code: 3))
        let lines = try limited("cat; ls /proc/self/fd | wc -l; env | cut -d= -f1 | sort").output
        #expect(String(decoding: lines, as: UTF8.self) == "4\nLC_ALL\nPATH\nPWD\n")
        #expect(throws: CommandError.notStarted(SystemError("posix_spawnp", code: 2, path: "no"))) {
            try Command.run(
                "no", [], timeout: .seconds(20), outputLimit: 0,
                limits: CommandLimits(
                    addressSpaceBytes: 1 << 30, processorSeconds: 1, fileBytes: 0, descriptors: 9))
        }
    }

    @Test func `a program that takes memory gets no more`() throws {
        // It looks for the first line end there, and keeps all that is before it.
        let result = try limited("exec tail -n 1 /dev/zero", memory: 100 << 20)
        #expect(result.ending == .exited(code: 1))
        #expect(String(decoding: result.errorOutput, as: UTF8.self).contains("memory exhausted"))
    }

    @Test func `a program that spins is killed, and its children are`() throws {
        #expect(try limited("while :; do :; done", seconds: 1).ending == .killed(signal: 9))
        let child = try limited("sh -c 'while :; do :; done'; exit $?", seconds: 1)
        #expect(child.ending == .exited(code: 128 + 9))
    }

    @Test func `a program that writes too much is killed`() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/file"
        let result = try limited("exec head -c 100000 /dev/zero > \(path)", file: 1000)
        #expect(result.ending == .killed(signal: 25))
        #expect(try OpenFile(path: path).sizeBytes == 1000)
        #expect(
            try limited("exec head -c 1 /dev/zero > \(path)", file: 0).ending != .exited(code: 0))
        // A pipe has no size.
        #expect(try limited("head -c 100000 /dev/zero | wc -c", file: 0).output.first == 0x31)
        _ = try limited("rm \(path)")
    }

    @Test func `a program that opens too many files is refused them`() throws {
        let line = "for i in 3 4 5 6 7 8; do eval \"exec $i</dev/null\"; done"
        #expect(try limited(line).isSuccess)
        #expect(!(try limited(line, descriptors: 8).isSuccess))
    }

    @Test func `a program works in the folder that it is given`() throws {
        let folder = try TemporaryFolder()
        let result = try limited("pwd; ls -A | wc -l", in: folder.path)
        #expect(String(decoding: result.output, as: UTF8.self) == "\(folder.path)\n0\n")
        #expect(throws: CommandError.self) { try limited("pwd", in: "/no/such/folder") }
    }

    @Test func `a temporary folder is gone with its owner`() throws {
        let path = try TemporaryFolder().path
        #expect(throws: CommandError.self) { try limited("pwd", in: path) }
    }
}
