import FoundationEssentials
import Testing

@testable import Texts

/// Reads the program's source: that each text is used, and filled with what it has places for.
struct UseTests {
    /// What stands behind each `.name` in the program, the languages themselves apart.
    private static let uses: [String: [String]] = {
        let sources = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Sources")
        let files = (try? FileManager.default.subpathsOfDirectory(atPath: sources.path())) ?? []
        let names = Set(Phrase.Name.allCases.map(\.rawValue))
        let lists = ["Texts/English", "Texts/German", "Texts/Phrase+Name"]
        var uses: [String: [String]] = [:]
        for path in files where path.hasSuffix(".swift") && !lists.contains(where: path.hasPrefix) {
            guard let source = try? Data(contentsOf: sources.appending(path: path)) else {
                continue
            }
            let bytes = [UInt8](source)
            for dot in bytes.indices where bytes[dot] == UInt8(ascii: ".") {
                let rest = bytes[(dot + 1)...]
                let word = rest.prefix(while: isOfWord)
                let name = String(decoding: word, as: UTF8.self)
                guard names.contains(name) else { continue }
                let behind = String(decoding: rest[word.endIndex...].prefix(800), as: UTF8.self)
                uses[name, default: []].append(behind)
            }
        }
        return uses
    }()

    /// Filled by a value of the caller's, not by a list beside the name.
    private static let filledElsewhere: Set<Phrase.Name> = [
        .mailFrame, .mailVerify, .mailChange, .mailReset, .negativeDollars, .fieldNotTaken,
        .fieldNotTakenWithImage, .fieldNotTakenWithoutImage,
    ]

    @Test func `each text is used, with a value for each of its places`() {
        for name in Phrase.Name.allCases {
            let uses = Self.uses[name.rawValue] ?? []
            #expect(!uses.isEmpty, "nothing says \(name)")
            let places = Set(
                Language.pieces(of: (Language.english.texts[name] ?? "")[...]).compactMap { piece in
                    if case .placeholder(let name) = piece { name } else { nil }
                }
            ).subtracting(["shop"])
            let filled = uses.compactMap(Self.keys)
            for keys in filled { #expect(keys == places, "\(name)") }
            let isFilled = places.isEmpty || !filled.isEmpty || Self.filledElsewhere.contains(name)
            #expect(isFilled, "nothing fills \(places) of \(name)")
        }
    }

    /// The keys of the dictionary that follows a name, as in `.name, ["a": .number(1)]`.
    private static func keys(_ behind: String) -> Set<String>? {
        guard let open = behind.prefixMatch(of: /,\s*\[/) else { return nil }
        var depth = 1
        let literal = behind[open.range.upperBound...].prefix { character in
            depth += character == "[" ? 1 : character == "]" ? -1 : 0
            return depth > 0
        }
        return Set(literal.matches(of: /"(\w+)":/).map { String($0.output.1) })
    }

    private static func isOfWord(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    }
}
