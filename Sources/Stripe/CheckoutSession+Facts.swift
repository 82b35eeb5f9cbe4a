package import Domain

extension CheckoutSession {
    /// What the session says, in the words of the shop.
    ///
    /// A delayed payment that failed leaves a session that is complete and unpaid, like one whose
    /// payment is still on its way; only the event tells the two apart, by `hasFailed`.
    package func facts(hasFailed: Bool) -> PaymentFacts {
        let progress: PaymentFacts.Progress =
            switch (status, paymentStatus) {
            case (_, .paid): .paid
            case (.expired, _): .expired
            case (.complete, _): hasFailed ? .failed : .unpaid
            default: .open
            }
        return PaymentFacts(
            sessionID: id, progress: progress, isPaymentMode: mode == "payment",
            subtotal: Money(cents: Int64(amountSubtotal ?? amountTotal ?? 0)),
            total: Money(cents: Int64(amountTotal ?? 0)), currency: currency ?? "",
            isLive: isLive, reference: clientReferenceID, paymentIntent: paymentIntent)
    }
}
