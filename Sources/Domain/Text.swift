@_spi(_Unicode) import Swift

/// Text that people and vendors write: how long it is, and how it is cut.
///
/// A maximum counts UTF-16 code units everywhere: on the page, here and at the vendor. A column
/// counts code points, which are never more. A minimum counts characters that can be seen.
extension String {
    /// How many UTF-16 code units the text has: what a maximum counts.
    package var codeUnits: Int { utf16.count }

    /// How many characters (grapheme clusters) show something: not white space, not a control
    /// character, not a code point that is drawn as nothing (zero-width spaces, joiners, fillers) or
    /// by agreement alone (private use).
    package var visibleCharacters: Int {
        count { character in character.unicodeScalars.contains(where: \.isVisible) }
    }

    /// Whether this is one line of text: no line end, tab or escape sequence, and nothing that was
    /// no UTF-8 (U+FFFD stands for it).
    package var isOneLine: Bool {
        unicodeScalars.allSatisfy { scalar in
            scalar != "\u{FFFD}"
                && ![.control, .lineSeparator, .paragraphSeparator].contains(
                    scalar.properties.generalCategory)
        }
    }

    /// Without white space and line ends at both ends.
    package var trimmed: String {
        let scalars = unicodeScalars
        guard let first = scalars.firstIndex(where: { !$0.isSpace }),
            let last = scalars.lastIndex(where: { !$0.isSpace })
        else { return "" }
        return String(scalars[first...last])
    }

    /// Letters with their marks as one code point where there is one (NFC).
    package var composed: String {
        var scalars = String.UnicodeScalarView()
        scalars.append(contentsOf: _nfc)
        return String(scalars)
    }

    /// Letters apart from their marks (NFD).
    package var decomposed: String {
        var scalars = String.UnicodeScalarView()
        scalars.append(contentsOf: _nfd)
        return String(scalars)
    }

    /// The words, which white space parts.
    package var words: [String] {
        unicodeScalars.split(whereSeparator: \.isSpace).map { String($0) }
    }

    /// The beginning of the text that fits into a column of `limit` code points, cut between two
    /// characters; what is cut ends with `mark`, which counts too.
    ///
    /// A single character may be longer than the column: a letter with a thousand accents. It is
    /// cut inside, because a part of it says more than nothing.
    package func cut(to limit: Int, mark: String = "") -> String {
        let scalars = unicodeScalars
        guard let end = scalars.index(startIndex, offsetBy: limit, limitedBy: endIndex),
            end < endIndex
        else { return self }
        let room = limit - mark.unicodeScalars.count
        precondition(room >= 0, "the mark fits into the column")
        let last = scalars.index(startIndex, offsetBy: room)
        // One code point more than fits shows whether the last character ends before it.
        let window = self[..<scalars.index(after: last)]
        var edge = window.startIndex
        while edge < last {
            let next = window.index(after: edge)
            guard next <= last else { break }
            edge = next
        }
        return String(scalars[..<(edge == startIndex ? last : edge)]) + mark
    }
}

extension Unicode.Scalar {
    /// White space, as page and server take it away at both ends of a field.
    fileprivate var isSpace: Bool { properties.isWhitespace || value == 0xFEFF }

    fileprivate var isVisible: Bool {
        // The blank Braille pattern shows as much as a space, private use as nothing agreed upon.
        !properties.isWhitespace && !properties.isDefaultIgnorableCodePoint && value != 0x2800
            && ![.control, .privateUse].contains(properties.generalCategory)
    }
}
