import FoundationEssentials
import System

/// Paper of text: pango-view of Debian's pango1.0-tools, which shapes every script that the machine has
/// a font for, sets each page, and pdfunite of poppler-utils puts several together. Limited programs
/// of their own, in a folder of their own.
package enum Typesetter {
    /// Some texts take the fonts of many scripts.
    private static let limits = CommandLimits(
        addressSpaceBytes: 1 << 30, processorSeconds: 5, fileBytes: 8 << 20, descriptors: 64)
    /// A4 in points, and what is left free on each side.
    private static let page = (width: 595, height: 842, margin: 56)

    /// A PDF of A4 of a text in Pango's markup. Throws when the program is not there or fails.
    package static func pdf(markup: String) throws -> [UInt8] { try pdf(pages: [markup]) }

    /// The same of several pages, each with its text.
    package static func pdf(pages: [String]) throws -> [UInt8] {
        precondition(!pages.isEmpty, "paper has a page")
        let folder = try TemporaryFolder()
        let text = "\(folder.path)/text"
        let files = pages.indices.map { "\(folder.path)/page-\($0).pdf" }
        let whole = "\(folder.path)/whole.pdf"
        defer {
            for path in files + [text, whole] { try? FileManager.default.removeItem(atPath: path) }
        }
        for (markup, file) in zip(pages, files) {
            try Data(markup.utf8).write(to: URL(filePath: text))
            try run("pango-view", arguments(from: text, to: file), in: folder.path)
        }
        guard files.count > 1 else { return Array(try Data(contentsOf: URL(filePath: files[0]))) }
        try run("pdfunite", files + [whole], in: folder.path)
        return Array(try Data(contentsOf: URL(filePath: whole)))
    }

    private static func run(_ program: String, _ arguments: [String], in folder: String) throws {
        let result = try Command.run(
            program, arguments, timeout: .seconds(10), outputLimit: 4096, in: folder,
            limits: limits)
        guard result.isSuccess else {
            throw NotTypeset(
                reason: String(decoding: result.errorOutput.prefix(500), as: UTF8.self))
        }
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
