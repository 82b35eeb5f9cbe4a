package import FoundationEssentials

/// A date and time of day in UTC, as DATETIME(6) holds it and as people read it.
package struct CivilTime: Equatable {
    package let year: Int
    /// From 1.
    package let month: Int
    package let day: Int
    package let hour: Int
    package let minute: Int
    package let second: Int
    package let microsecond: Int

    private static let microsecondsPerDay = 86_400_000_000
    /// Days from 0000-03-01 to 2001-01-01, where `Date` counts from.
    private static let referenceDay = 730_791

    init(
        year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int, microsecond: Int
    ) {
        self.year = year
        self.month = month
        self.day = day
        self.hour = hour
        self.minute = minute
        self.second = second
        self.microsecond = microsecond
    }

    /// The instant rounded to the nearest microsecond, or nil outside of the years 1 to 9999.
    package init?(_ date: Date) {
        let exact = (date.timeIntervalSinceReferenceDate * 1_000_000).rounded()
        // 9999-12-31 is 252 billion seconds away; also false for NaN.
        guard abs(exact) < 1e18 else { return nil }
        let microseconds = Int(exact)
        let timeOfDay = Self.floorRemainder(microseconds, Self.microsecondsPerDay)
        let days = (microseconds - timeOfDay) / Self.microsecondsPerDay + Self.referenceDay
        // Years that begin in March put the leap day last, so that month lengths follow a line:
        // H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
        let dayOfEra = Self.floorRemainder(days, 146_097)
        let era = (days - dayOfEra) / 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        guard (1...9_999).contains(year) else { return nil }
        self.year = year
        self.month = month
        day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        hour = timeOfDay / 3_600_000_000
        minute = timeOfDay / 60_000_000 % 60
        second = timeOfDay / 1_000_000 % 60
        microsecond = timeOfDay % 1_000_000
    }

    /// The instant, or nil for the zero dates that MariaDB can be made to hold.
    var date: Date? {
        guard (1...9_999).contains(year), (1...12).contains(month), (1...31).contains(day) else {
            return nil
        }
        // days_from_civil of the same source.
        let marchYear = month <= 2 ? year - 1 : year
        let era = (marchYear - Self.floorRemainder(marchYear, 400)) / 400
        let yearOfEra = marchYear - era * 400
        let marchMonth = month > 2 ? month - 3 : month + 9
        let dayOfYear = (153 * marchMonth + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = era * 146_097 + dayOfEra - Self.referenceDay
        let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second
        // One division, so that the result is the `Date` nearest to the exact instant.
        return Date(
            timeIntervalSinceReferenceDate: Double(seconds * 1_000_000 + microsecond) / 1_000_000)
    }

    /// From 0 for Sunday (T. Sakamoto's rule).
    package var weekday: Int {
        let marchYear = month <= 2 ? year - 1 : year
        let monthShift = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4][month - 1]
        return (marchYear + marchYear / 4 - marchYear / 100 + marchYear / 400 + monthShift + day)
            % 7
    }

    private static func floorRemainder(_ value: Int, _ divisor: Int) -> Int {
        let remainder = value % divisor
        return remainder < 0 ? remainder + divisor : remainder
    }
}
