package import FoundationEssentials
import MariaDB
package import Texts

/// What an operator can pause: nothing new of it is taken, and what was accepted goes on.
package enum PausablePart: String, CaseIterable, Sendable, SQLConvertible {
    case orders, purchases, signups
}

/// How one part stands, and what people are told while it is paused.
package struct Pause: Sendable {
    package let part: PausablePart
    package let isOn: Bool
    /// The operator's own; empty for the usual ones.
    package let ownWords: String
    /// When it is expected to end: told, and not acted on.
    package let until: Date?
    /// Since when it is on, or off.
    package let since: Date
    /// Until ``until``; nil when that is past or not known.
    package let remainingSeconds: Int?

    /// What people read.
    package var phrase: Phrase {
        guard ownWords.isEmpty else { return Phrase(.wordsOfOperator, ["words": .text(ownWords)]) }
        return switch part {
        case .orders: Phrase(.ordersPaused)
        case .purchases: Phrase(.purchasesPaused)
        case .signups: Phrase(.signupsPaused)
        }
    }
}
