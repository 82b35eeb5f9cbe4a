package import FoundationEssentials

/// Words above every page.
package struct Banner: Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        /// People may close it.
        case notice
        case warning
    }

    package let kind: Kind
    package let words: String
    package let from: Date?
    package let until: Date?
    /// When it was last set: one that is set anew is shown also to who closed the last.
    package let changedAt: Date
    /// Whether it is shown now.
    package let isShown: Bool
}
