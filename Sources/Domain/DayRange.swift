package import FoundationEssentials

/// Whole days in UTC, from the first on.
package struct DayRange: Hashable, Sendable {
    package static let largestCount = 366
    private static let day = 86_400.0

    /// The midnight with which the first day begins.
    package let from: Date
    package let count: Int

    package init(from: Date, count: Int) {
        precondition((1...Self.largestCount).contains(count), "a range has days, and not too many")
        self.from = Self.midnight(before: from)
        self.count = count
    }

    /// The days from one midnight to another; nil when there are none, or too many.
    package init?(from: Date, to: Date) {
        let count = to.timeIntervalSince(from) / Self.day
        guard Self.midnight(before: from) == from, Self.midnight(before: to) == to, count >= 1,
            count <= Double(Self.largestCount)
        else { return nil }
        self.init(from: from, count: Int(count))
    }

    /// The last days, today among them.
    package init(last count: Int, at now: Date) {
        self.init(from: now.addingTimeInterval(-Double(count - 1) * Self.day), count: count)
    }

    /// The midnight with which the last day ends.
    package var to: Date { from.addingTimeInterval(Double(count) * Self.day) }

    /// As many days, up to the first of these.
    package var before: DayRange {
        DayRange(from: from.addingTimeInterval(-Double(count) * Self.day), count: count)
    }

    /// Each day, such as `2026-11-22`.
    package var days: [String] {
        (0..<count).map { Self.name(of: from.addingTimeInterval(Double($0) * Self.day)) }
    }

    /// The day of an instant, such as `2026-11-22`.
    package static func name(of instant: Date) -> String { instant.iso8601.cut(to: 10) }

    private static func midnight(before instant: Date) -> Date {
        Date(timeIntervalSince1970: (instant.timeIntervalSince1970 / day).rounded(.down) * day)
    }
}
