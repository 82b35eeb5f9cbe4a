/// Passwords of at least eight characters that every guessing program tries first.
///
/// The lists are text in the program's read-only pages, searched in place: a set of ten thousand
/// strings would cost each process half a megabyte.
enum CommonPasswords {
    /// - Parameter password: in lower case.
    static func contains(_ password: String) -> Bool {
        let bytes = Array(password.utf8)
        return isRepeated(bytes) || isRun(bytes) || isListed(bytes, list) || isListed(bytes, own)
    }

    /// What the source of the other list leaves to rules or to a dictionary, in byte order.
    private static let own = """
        abcdefg1 admin1234 adminadmin administrator changeme changeme123 chocolate contraseña december
        default1 facebook guest123 iloveu12 juventus1 letmein! letmein123 lovely12 motdepasse november
        p@ssword pa$$word pass12345 password! passwort1 qwe12345 qwerty!! root1234 scorpion1 september
        spring2025 spring2026 summer2024 summer2025 summer2026 temporary test12345 user1234 winter2024
        winter2025 winter2026 yourpassword
        """

    /// One to four bytes over and over, up to sixteen: `aaaaaaaa`, `12341234`, `testtest`.
    private static func isRepeated(_ bytes: [UInt8]) -> Bool {
        bytes.count <= 16
            && (1...4).contains { period in
                bytes.count >= 2 * period && bytes.count % period == 0
                    && bytes.indices.dropFirst(period).allSatisfy {
                        bytes[$0] == bytes[$0 - period]
                    }
            }
    }

    /// Each byte one more, or one less, than the one before: `abcdefgh`, `87654321`.
    private static func isRun(_ bytes: [UInt8]) -> Bool {
        [1, -1].contains { step in
            zip(bytes, bytes.dropFirst()).allSatisfy { Int($1) - Int($0) == step }
        }
    }

    /// Looks for the word by halves. Words stand in the order of their bytes, between single blanks
    /// or line ends.
    private static func isListed(_ word: [UInt8], _ list: String) -> Bool {
        let text = list.utf8
        var low = 0
        var high = text.count
        while low < high {
            // The word in whose bytes, or before whose blank, the middle lies.
            var first = (low + high) / 2
            while first > low, !isBlank(text, first - 1) { first -= 1 }
            var end = first
            while end < high, !isBlank(text, end) { end += 1 }
            let found = text[index(text, first)..<index(text, end)]
            if found.elementsEqual(word) { return true }
            if found.lexicographicallyPrecedes(word) { low = end + 1 } else { high = first }
        }
        return false
    }

    private static func isBlank(_ text: String.UTF8View, _ offset: Int) -> Bool {
        text[index(text, offset)] <= UInt8(ascii: " ")
    }

    /// In constant time: the text is UTF-8 as it is.
    private static func index(_ text: String.UTF8View, _ offset: Int) -> String.Index {
        text.index(text.startIndex, offsetBy: offset)
    }
}
