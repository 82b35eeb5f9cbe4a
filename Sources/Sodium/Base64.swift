import CSodium

/// Base64 (RFC 4648). Both directions take the same time for all bytes of one length.
package enum Base64 {
    package enum Alphabet: Sendable {
        /// `+` and `/`, padded with `=` (section 4).
        case standard
        /// `-` and `_`, without padding (section 5).
        case urlSafe

        fileprivate var variant: CInt {
            switch self {
            case .standard: CInt(sodium_base64_VARIANT_ORIGINAL)
            case .urlSafe: CInt(sodium_base64_VARIANT_URLSAFE_NO_PADDING)
            }
        }
    }

    package static func encode(_ bytes: [UInt8], _ alphabet: Alphabet = .standard) -> String {
        let capacity = sodium_base64_encoded_len(bytes.count, alphabet.variant)
        var characters = [CChar](repeating: 0, count: capacity)
        // Writes a NUL after the text; ends the process when the buffer is too short.
        unsafe sodium_bin2base64(
            &characters, capacity, bytes, bytes.count, alphabet.variant)
        return text(characters.dropLast())
    }

    /// The bytes, or nil for anything but the canonical text of this alphabet.
    package static func decode(_ text: String, _ alphabet: Alphabet = .standard) -> [UInt8]? {
        var length = 0
        let characters = text.utf8.map(CChar.init(bitPattern:))
        var bytes = [UInt8](repeating: 0, count: characters.count / 4 * 3 + 3)
        let code = unsafe sodium_base642bin(
            &bytes, bytes.count, characters, characters.count, nil, &length, nil, alphabet.variant)
        guard code == 0 else { return nil }
        bytes.removeLast(bytes.count - length)
        return bytes
    }
}

/// Base16 in lower case (RFC 4648, section 8).
package enum Hex {
    package static func encode(_ bytes: [UInt8]) -> String {
        let capacity = bytes.count * 2 + 1
        var characters = [CChar](repeating: 0, count: capacity)
        // Writes a NUL after the text; ends the process when the buffer is too short.
        unsafe sodium_bin2hex(&characters, capacity, bytes, bytes.count)
        return text(characters.dropLast())
    }

    /// The bytes of digits in either case, or nil for anything else.
    package static func decode(_ text: String) -> [UInt8]? {
        var length = 0
        let characters = text.utf8.map(CChar.init(bitPattern:))
        var bytes = [UInt8](repeating: 0, count: characters.count / 2 + 1)
        let code = unsafe sodium_hex2bin(
            &bytes, bytes.count, characters, characters.count, nil, &length, nil)
        guard code == 0 else { return nil }
        bytes.removeLast(bytes.count - length)
        return bytes
    }
}

func text(_ characters: some Sequence<CChar>) -> String {
    String(decoding: characters.map(UInt8.init(bitPattern:)), as: UTF8.self)
}
