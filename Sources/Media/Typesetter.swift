import FoundationEssentials
import System

/// A page of paper of text: pango-view of Debian's pango1.0-tools, which shapes every script that the
/// machine has a font for. A limited program of its own, in a folder of its own.
package enum Typesetter {
    /// Some texts take the fonts of many scripts.
    private static let limits = CommandLimits(
        addressSpaceBytes: 1 << 30, processorSeconds: 5, fileBytes: 8 << 20, descriptors: 64)
    /// A4 in points, and what is left free on each side.
    private static let page = (width: 595, height: 842, margin: 56)

    /// A PDF of A4 of a text in Pango's markup. Throws when the program is not there or fails.
    package static func pdf(markup: String) throws -> [UInt8] {
        let folder = try TemporaryFolder()
        let (text, pdf) = ("\(folder.path)/text", "\(folder.path)/page.pdf")
        defer {
            for path in [text, pdf] { try? FileManager.default.removeItem(atPath: path) }
        }
        try Data(markup.utf8).write(to: URL(filePath: text))
        let result = try Command.run(
            "pango-view", arguments(from: text, to: pdf), timeout: .seconds(10),
            outputLimit: 4096, in: folder.path, limits: limits)
        guard result.isSuccess else {
            throw NotTypeset(
                reason: String(decoding: result.errorOutput.prefix(500), as: UTF8.self))
        }
        return Array(try Data(contentsOf: URL(filePath: pdf)))
    }

    private static func arguments(from text: String, to pdf: String) -> [String] {
        [
            "--no-display", "--markup", "--font=Inter, DejaVu Sans 10", "--dpi=72",
            "--width=\(page.width - 2 * page.margin)",
            "--height=\(page.height - 2 * page.margin)", "--margin=\(page.margin)",
            "--output=\(pdf)", text,
        ]
    }

    /// Words as they stand in markup. What XML takes in no form is left out.
    package static func escaped(_ words: String) -> String {
        var text = ""
        for scalar in words.unicodeScalars {
            switch scalar {
            case "&": text += "&amp;"
            case "<": text += "&lt;"
            case ">": text += "&gt;"
            case "\n", "\t": text.unicodeScalars.append(scalar)
            case "\0"..<" ", "\u{FFFE}", "\u{FFFF}": break
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}

/// The program that makes pages of text did not make one.
package struct NotTypeset: Error, Equatable {
    package let reason: String
}
