import FoundationEssentials
import MediaSupport
import System
import Testing

@testable import Media

/// What `rushes-probe` can still do once a foreign file may have taken it over.
@Suite struct `A confined program` {
    private func run(_ script: String, _ program: String, _ arguments: String...) throws
        -> CommandResult
    {
        try Command.run(
            "/bin/sh", ["-c", script, program] + arguments, timeout: .seconds(20),
            outputLimit: 4096)
    }

    private func text(_ result: CommandResult) -> String {
        String(decoding: result.output, as: UTF8.self)
    }

    private var child: String { MovieTools.path(of: "confined-child") }

    @Test(arguments: ["nothing", "some-memory"])
    func `does what a decoder needs`(act: String) throws {
        #expect(text(try run("exec \"$0\" \(act)", child)) == "done")
    }

    @Test(arguments: [
        "open", "descriptor", "socket", "fork", "kill", "limits", "unlink", "program", "code",
        "later-code",
    ])
    func `opens, starts and tells nothing`(act: String) throws {
        #expect(text(try run("exec \"$0\" \(act)", child)) == "EPERM")
    }

    @Test func `has bounds of memory, time, size and files`() throws {
        #expect(text(try run("exec \"$0\" memory", child)) == "ENOMEM")
        let limits = text(
            try run("\"$0\" spin & sleep 0.3; cat /proc/$!/limits; kill -9 $!", child))
        for (name, value) in [
            ("Max address space", "1073741824"), ("Max cpu time", "15"), ("Max file size", "0"),
            ("Max open files", "0"), ("Max core file size", "0"),
        ] {
            let line = limits.split(separator: "\n").first { $0.hasPrefix(name) } ?? ""
            let words = line.dropFirst(name.count).split(separator: " ")
            #expect(words.prefix(2) == [value[...], value[...]], "\(name)")
        }
    }

    @Test func `is what looks at a file`() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/video.mp4"
        try Data(SampleMovie.bytes).write(to: URL(filePath: path))
        // A file may not grow by it: SIGXFSZ.
        let result = try run(
            "exec \"$0\" \"$1\" 9000000 > \(folder.path)/out", MovieTools.path(of: "rushes-probe"),
            path)
        #expect(result.ending == .killed(signal: 25))
    }

    @Test func `reads no other file, whatever its kind`() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/video.mp4"
        try Data(SampleMovie.bytes).write(to: URL(filePath: path))
        #expect(try MovieTools.look(at: path).poster != nil)
        let link = "\(folder.path)/link.mp4"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
        #expect(throws: NotStored.self) { try MovieTools.look(at: link) }
        #expect(throws: NotStored.self) { try MovieTools.look(at: folder.path) }
        #expect(throws: NotStored.self) { try MovieTools.look(at: "/dev/zero") }
    }
}
