import Texts

/// A password in the one form in which it is hashed, whatever keyboard it was typed on: RFC 8265,
/// OpaqueString. Every other space becomes U+0020, and the text is composed (NFC).
///
/// Unlike the RFC it leaves in what is drawn as nothing: emoji are made of such code points.
package struct PreparedPassword: Sendable {
    /// What is hashed. The form as it was typed, where that has control characters, which an old
    /// password may have.
    package let text: String
    /// The form as it was typed, when it is another: hashes from before passwords were prepared
    /// were made of it.
    package let typed: String?

    /// Judges a password that is chosen for the account of `email`. Throws ``InvalidInput`` naming
    /// `field`.
    ///
    /// NIST SP 800-63B 5.1.1.2: length and a list of common ones, no rules of composition. The
    /// least length counts code points of the prepared form, as that page does; the most counts
    /// its bytes, since that is what hashing costs.
    package init(choosing typed: String?, for email: String?, field: String = "password") throws {
        guard let typed, !typed.isEmpty else {
            throw InvalidInput(field, .passwordToChoose)
        }
        guard Self.isStorable(typed), let text = Self.prepare(typed) else {
            throw InvalidInput(field, .passwordUnusable)
        }
        if let problem = Self.problem(with: text, email: email) {
            throw InvalidInput(field, problem)
        }
        self.text = text
        self.typed = nil
    }

    /// Takes a password that proves who somebody is; nil for one that no account can have.
    package init?(proving typed: String) {
        guard !typed.isEmpty, Self.isStorable(typed) else { return nil }
        let text = Self.prepare(typed) ?? typed
        self.text = text
        self.typed = text.utf8.elementsEqual(typed.utf8) ? nil : typed
    }

    /// Nil for a text with control characters.
    private static func prepare(_ typed: String) -> String? {
        var mapped = String.UnicodeScalarView()
        for scalar in typed.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control: return nil
            case .spaceSeparator: mapped.append(" ")
            default: mapped.append(scalar)
            }
        }
        return String(mapped).composed
    }

    private static func isStorable(_ typed: String) -> Bool {
        typed.utf8.count <= 1024 && !typed.utf8.contains(0)
    }

    private static func problem(with text: String, email: String?) -> Phrase.Name? {
        guard text.unicodeScalars.count >= 8 else {
            return .passwordTooShort
        }
        guard text.visibleCharacters > 0 else {
            return .textInvisible
        }
        let folded = text.lowercased()
        guard !CommonPasswords.contains(folded) else {
            return .passwordCommon
        }
        if let email, isMade(of: email, folded) {
            return .passwordIsAddress
        }
        return nil
    }

    /// Whether the password is the address or a part of it: its sides, the labels and words of
    /// both, and several of them in a row, also with digits and signs around it
    /// (`ann.smith@example.org`: `annsmith`, `smith1984`, `example!`).
    private static func isMade(of email: String, _ password: String) -> Bool {
        func words(_ text: some StringProtocol) -> [Substring.UTF8View] {
            Substring(text).utf8.split { !isAlphanumeric($0) }
        }
        let all = words(email)
        let plain = words(password).flatMap { Array($0) }
        let letters = plain.indices.filter { isLetter(plain[$0]) }
        let core = letters.isEmpty ? [] : Array(plain[letters[0]...letters[letters.count - 1]])
        for start in all.indices {
            var joined: [UInt8] = []
            for word in all[start...] {
                joined += word
                // `me@example.org` forbids no password that begins with "me".
                if joined == plain || joined.count >= 3 && joined == core { return true }
            }
        }
        return false
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (97...122).contains(byte) }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isLetter(byte) || (48...57).contains(byte)
    }
}

extension PreparedPassword: Equatable {
    /// Two passwords are one when their bytes are.
    package static func == (left: PreparedPassword, right: PreparedPassword) -> Bool {
        left.text.utf8.elementsEqual(right.text.utf8)
    }
}
