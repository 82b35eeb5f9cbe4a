import FoundationEssentials
import System

/// Pictures for tests, made by the program that makes pictures ours.
package enum Pictures {
    /// A picture of noise, another each time, as the file that the ending (`jpg`, `png`, `webp`,
    /// `heic`) says.
    ///
    /// - Parameter options: of the writer, as `interlace`.
    package static func make(
        _ ending: String, width: Int = 400, height: Int = 300, options: String = ""
    ) throws -> [UInt8] {
        try inFolder { folder in
            try vips(["gaussnoise", "\(folder)/a.v", "\(width)", "\(height)", "--mean", "120"])
            try vips(["cast", "\(folder)/a.v", "\(folder)/b.v", "uchar"])
            let bands = Array(repeating: "\(folder)/b.v", count: 3).joined(separator: " ")
            try vips(["bandjoin", bands, "\(folder)/c.v"])
            try vips(["copy", "\(folder)/c.v", "\(folder)/d.\(ending)[\(options)]"])
            return Array(try Data(contentsOf: URL(filePath: "\(folder)/d.\(ending)")))
        }
    }

    /// The files of `Tests/Support/hostile_pictures.py`, by their names.
    package static func hostile() throws -> [(name: String, bytes: [UInt8])] {
        try inFolder { folder in
            let script = URL(filePath: #filePath).deletingLastPathComponent()
                .deletingLastPathComponent().appending(path: "hostile_pictures.py").path
            let result = try Command.run(
                "python3", [script, folder], timeout: .seconds(120), outputLimit: 10_000)
            guard result.isSuccess else {
                throw Unmade(why: String(decoding: result.errorOutput, as: UTF8.self))
            }
            return try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map {
                ($0, Array(try Data(contentsOf: URL(filePath: "\(folder)/\($0)"))))
            }
        }
    }

    /// Runs `body` with the path of a folder, which goes with all that is in it.
    package static func inFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "rushes-pictures-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        return try body(folder)
    }

    private static func vips(_ arguments: [String]) throws {
        let result = try Command.run(
            "vips", arguments, timeout: .seconds(60), outputLimit: 10_000)
        guard result.isSuccess else {
            throw Unmade(why: String(decoding: result.errorOutput, as: UTF8.self))
        }
    }
}

struct Unmade: Error {
    let why: String
}
