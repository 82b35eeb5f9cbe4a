package import Domain

extension StripeDispute {
    /// What the dispute means for the credit. A status that is not known yet is taken for an open
    /// one: money may be away.
    package var facts: PaymentDispute {
        let standing: PaymentDispute.Standing =
            switch status {
            case .lost: .lost
            case .won, .warningClosed, .prevented: .closed
            default: status.isInquiry ? .inquiry : .open
            }
        return PaymentDispute(
            id: id, amount: Money(cents: Int64(amount)), standing: standing,
            answer: .init(reason: reason, dueAt: submission.dueAt, submissions: submission.count))
    }
}
