import Glibc
import System
import Testing

struct DurableFileTests {
    /// A new folder for `body`, removed after it.
    private func withFolder(_ body: (String) throws -> Void) throws {
        let made = try Command.run(
            "mktemp", ["-d"], timeout: .seconds(20), outputLimit: 1000)
        let path = String(decoding: made.output.dropLast(), as: UTF8.self)
        defer { _ = try? Command.run("rm", ["-r", path], timeout: .seconds(20), outputLimit: 0) }
        try body(path)
    }

    private func listing(_ folder: String) throws -> String {
        let result = try Command.run(
            "sh", ["-c", "cd \"$1\"; stat -c '%n %a' -- * .[!.]* 2>&-; cat * 2>&-", "sh", folder],
            timeout: .seconds(20), outputLimit: 1000)
        return String(decoding: result.output, as: UTF8.self)
    }

    @Test func `a file that was committed is there, with its mode`() throws {
        try withFolder { folder in
            let file = try DurableFile(path: "\(folder)/a.txt", mode: 0o604)
            try file.write(Array("one ".utf8))
            try file.write([])
            try file.write(Array("two".utf8))
            try file.commit()
            #expect(try listing(folder) == "a.txt 604\none two")
        }
    }

    @Test func `a file that was not committed leaves the old one and no other`() throws {
        try withFolder { folder in
            let old = try DurableFile(path: "\(folder)/a.txt")
            try old.write(Array("old".utf8))
            try old.commit()
            do {
                let new = try DurableFile(path: "\(folder)/a.txt")
                try new.write(Array("new".utf8))
                #expect(new.temporaryPath.hasPrefix("\(folder)/.a.txt."))
            }
            #expect(try listing(folder) == "a.txt 640\nold")
        }
    }

    @Test func `a commit replaces the old file`() throws {
        try withFolder { folder in
            for content in ["old", "new"] {
                let file = try DurableFile(path: "\(folder)/a.txt")
                try file.write(Array(content.utf8))
                try file.commit()
            }
            #expect(try listing(folder) == "a.txt 640\nnew")
        }
    }

    @Test func `a folder that is not there is an error that names the file`() throws {
        #expect(throws: SystemError("mkostemp", code: ENOENT, path: "/no/a.txt")) {
            _ = try DurableFile(path: "/no/a.txt")
        }
    }

    @Test func `free bytes are those of df`() throws {
        let df = try Command.run(
            "df", ["--output=avail", "-B1", "/dev/shm"], timeout: .seconds(20), outputLimit: 1000)
        let lines = String(decoding: df.output, as: UTF8.self).split(separator: "\n")
        let expected = try #require(lines.last.flatMap { Int($0.filter(\.isNumber)) })
        // Other processes may write between the two readings.
        #expect(abs(try Int(Room(at: "/dev/shm").freeBytes) - expected) < 64 << 20)
        #expect(throws: SystemError("statvfs", code: ENOENT, path: "/no")) {
            try Room(at: "/no")
        }
    }
}
