import Foundation
import System
import Testing

struct TemporaryFileTests {
    /// Runs `body` with an empty folder.
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "rushes-temporary-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private func names(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder)
    }

    @Test func `it holds what was written, and is gone with its last reference`() throws {
        try withFolder { folder in
            do {
                let file = try TemporaryFile(in: folder)
                try file.write(Array("one ".utf8))
                try file.write(Array("two".utf8))
                #expect(try String(contentsOfFile: file.path, encoding: .utf8) == "one two")
                #expect(try names(in: folder).count == 1)
            }
            #expect(try names(in: folder).isEmpty)
        }
    }

    @Test func `once it has a place of its own it stays`() throws {
        try withFolder { folder in
            do {
                let file = try TemporaryFile(in: folder)
                try file.write(Array("kept".utf8))
                try file.move(to: "\(folder)/kept.txt")
            }
            #expect(try names(in: folder) == ["kept.txt"])
            #expect(try String(contentsOfFile: "\(folder)/kept.txt", encoding: .utf8) == "kept")
        }
    }

    @Test func `without its folder there is none`() {
        #expect(throws: SystemError.self) { try TemporaryFile(in: "/no/such/folder") }
    }
}
