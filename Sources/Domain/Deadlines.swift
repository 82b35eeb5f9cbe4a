/// How long a job may stay in a state before its sweeper ends it (J9).
package struct JobDeadlines: Hashable, Sendable {
    /// What holds where nothing else is said, in the form that is parsed.
    package static let standard = "queue=60m,unknown=45m,render=20m,store=24h"
    private static let standardSpans = spans(of: standard) ?? [:]

    package var queue: Duration
    package var unknown: Duration
    package var render: Duration
    package var store: Duration

    /// What a rendering job gets whose last look had no answer (J14).
    package var renderExtension: Duration { render / 2 }

    package init() {
        self.init([:])
    }

    /// Parses a text like ``standard``; what is left out keeps its default. Nil for an unknown name,
    /// one that comes twice, or a malformed span.
    package init?(_ text: String) {
        guard let spans = Self.spans(of: text) else { return nil }
        self.init(spans)
    }

    private init(_ spans: [String: Duration]) {
        func span(_ name: String) -> Duration {
            spans[name] ?? Self.standardSpans[name] ?? .zero
        }
        queue = span("queue")
        unknown = span("unknown")
        render = span("render")
        store = span("store")
    }

    private static func spans(of text: String) -> [String: Duration]? {
        var spans: [String: Duration] = [:]
        for part in text.split(separator: ",") {
            let pair = part.split(separator: "=", maxSplits: 1)
            guard pair.count == 2, let span = Duration(span: pair[1].trimmed), span > .zero,
                ["queue", "unknown", "render", "store"].contains(pair[0].trimmed),
                spans[pair[0].trimmed] == nil
            else { return nil }
            spans[pair[0].trimmed] = span
        }
        return spans
    }
}

/// How many calls a user may have accepted in a window: `10/15m`.
package struct CallLimit: Hashable, Sendable {
    package let calls: Int
    package let window: Duration

    package init(calls: Int, window: Duration) {
        self.calls = calls
        self.window = window
    }

    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1)
        guard parts.count == 2, let calls = Int(parts[0]), calls > 0,
            let window = Duration(span: String(parts[1])), window > .zero
        else { return nil }
        self.init(calls: calls, window: window)
    }
}

extension Duration {
    /// Parses `500ms`, `5s`, `15m`, `24h` or `7d`.
    package init?(span text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int64(digits), number <= 10_000_000 else { return nil }
        switch text.dropFirst(digits.count) {
        case "ms": self = .milliseconds(number)
        case "s": self = .seconds(number)
        case "m": self = .seconds(number * 60)
        case "h": self = .seconds(number * 3600)
        case "d": self = .seconds(number * 86_400)
        default: return nil
        }
    }

    package var milliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}

extension Substring {
    fileprivate var trimmed: String { String(self).trimmed }
}

/// How long to wait before a try, growing with each one.
package enum Backoff {
    /// `base` doubled for each try after the first, at most `ceiling`, spread by `jitter` (0 to 1,
    /// a random number of the caller) over its upper half, so that many do not come back at once.
    package static func delay(
        afterTry attempt: Int, base: Duration, ceiling: Duration, jitter: Double
    ) -> Duration {
        let doubled = base * (1 << max(0, min(attempt - 1, 20)))
        let full = min(doubled, ceiling)
        return full / 2 + (full / 2) * jitter
    }
}
