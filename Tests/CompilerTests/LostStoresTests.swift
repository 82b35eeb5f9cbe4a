import FoundationEssentials
import System
import Testing

/// Stores that Swift 6.3.1 loses at -O, and the flag in Package.swift that keeps them.
struct LostStoresTests {
    /// The smallest program that we found: of four members of two words, a loop sets each to 7,
    /// and leaves by `nil` on another path. It prints `7 7 3 4` where stores are lost.
    private static let program = """
        struct Span {
            var low: Int, high: Int
            init(_ low: Int, _ high: Int) { self.low = low; self.high = high }
            @inline(never) init?(_ low: Int) {
                guard low > 0 else { return nil }
                self.init(low, 0)
            }
        }
        struct Spans {
            var a = Span(1, 1), b = Span(2, 2), c = Span(3, 3), d = Span(4, 4)
            init?(_ steps: [(Int, Int)]) {
                for step in steps {
                    guard let span = Span(step.1) else { return nil }
                    switch step.0 {
                    case 0: a = span
                    case 1: b = span
                    case 2: c = span
                    case 3: d = span
                    default: return nil
                    }
                }
            }
        }
        let spans = Spans((0..<4).map { ($0, 7) })!
        print(spans.a.low, spans.b.low, spans.c.low, spans.d.low)
        """

    @Test func `our flag keeps every store`() throws {
        let flags = ["-Xllvm", "-sil-disable-pass=loop-invariant-code-motion"]
        #expect(try output(compiledWith: flags) == "7 7 7 7\n")
    }

    /// Fails as soon as the compiler is right by itself: then the flag in Package.swift goes, and
    /// this file with it.
    @Test func `the plain compiler still needs our flag`() throws {
        let printed = try output(compiledWith: [])
        withKnownIssue("Swift 6.3.1 loses stores at -O") { #expect(printed == "7 7 7 7\n") }
    }

    /// The same shape, compiled as every target of ours is: Package.swift has the flag.
    @Test func `what we compile keeps every store`() throws {
        let spans = try #require(Spans((0..<4).map { ($0, 7) }))
        #expect([spans.a, spans.b, spans.c, spans.d].map(\.low) == [7, 7, 7, 7])
    }

    private struct Span {
        var low: Int
        var high: Int

        init(_ low: Int, _ high: Int) {
            self.low = low
            self.high = high
        }

        @inline(never) init?(_ low: Int) {
            guard low > 0 else { return nil }
            self.init(low, 0)
        }
    }

    private struct Spans {
        var a = Span(1, 1)
        var b = Span(2, 2)
        var c = Span(3, 3)
        var d = Span(4, 4)

        @inline(never) init?(_ steps: [(Int, Int)]) {
            for step in steps {
                guard let span = Span(step.1) else { return nil }
                switch step.0 {
                case 0: a = span
                case 1: b = span
                case 2: c = span
                case 3: d = span
                default: return nil
                }
            }
        }
    }

    /// What the program prints when it is compiled at -O with these flags.
    private func output(compiledWith flags: [String]) throws -> String {
        let folder = "/tmp/rushes-compiler-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let source = "\(folder)/main.swift"
        try Data(Self.program.utf8).write(to: URL(filePath: source))
        let compilation = try Command.run(
            "swiftc", ["-O"] + flags + [source, "-o", "\(folder)/main"], timeout: .seconds(240),
            outputLimit: 10_000)
        try #require(
            compilation.isSuccess, "\(String(decoding: compilation.errorOutput, as: UTF8.self))")
        let run = try Command.run(
            "\(folder)/main", [], timeout: .seconds(20), outputLimit: 1_000)
        try #require(run.isSuccess)
        return String(decoding: run.output, as: UTF8.self)
    }
}
