import Sodium

/// Ids in the forms that the vendors use. They are opaque to everybody, and so are these.
enum Identifier {
    /// 25 lower-case letters and digits that start with `cm`.
    static func pollo() -> String {
        "cm" + random(23, from: "abcdefghijklmnopqrstuvwxyz0123456789")
    }

    /// `evt_…`, `cs_test_…`: the prefix and 24 letters and digits.
    static func stripe(_ prefix: String, length: Int = 24) -> String {
        let letters = "abcdefghijklmnopqrstuvwxyz"
        return prefix + random(length, from: letters + letters.uppercased() + "0123456789")
    }

    private static func random(_ count: Int, from alphabet: String) -> String {
        let letters = Array(alphabet.utf8)
        // A remainder favours some letters a little; for ids that is good enough.
        return String(
            decoding: randomBytes(count).map { letters[Int($0) % letters.count] }, as: UTF8.self)
    }
}
