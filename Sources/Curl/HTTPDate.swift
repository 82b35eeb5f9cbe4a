import CCurl
package import FoundationEssentials

/// The instant of a `Date` field (RFC 9110, 5.6.7).
package enum HTTPDate {
    /// Nil when `text` is no date. By curl_getdate(3), which knows all three forms that HTTP does.
    package static func parse(_ text: String) -> Date? {
        let seconds = unsafe curl_getdate(text, nil)
        return seconds < 0 ? nil : Date(timeIntervalSince1970: Double(seconds))
    }
}
