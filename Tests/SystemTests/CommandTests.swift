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
}
