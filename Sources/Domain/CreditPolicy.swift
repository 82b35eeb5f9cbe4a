/// How long credit lasts.
package struct CreditPolicy: Hashable, Sendable {
    /// Nil: for ever.
    package var expiry: Duration?
    /// How long after its expiry a lot's credit can be spent when a failed job returned it (C5).
    package var refundGrace: Duration

    package init(expiry: Duration?, refundGrace: Duration = .seconds(7 * 86_400)) {
        self.expiry = expiry
        self.refundGrace = refundGrace
    }
}
