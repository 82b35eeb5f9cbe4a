package import FoundationEssentials

/// What a buyer's bank makes of a payment, as Stripe tells it now.
package struct PaymentDispute: Hashable, Sendable {
    package enum Standing: String, Hashable, Sendable {
        /// A question; no money has moved.
        case inquiry
        /// The money is away until it is decided.
        case open
        /// Won, or withdrawn: the money is ours.
        case closed
        /// The money is gone.
        case lost
    }

    /// What the buyer says, and until when an answer is taken.
    package struct Answer: Hashable, Sendable {
        /// The bank's word for why.
        package let reason: String?
        /// Nil when the bank takes no answer.
        package let dueAt: Date?
        /// How often evidence was submitted.
        package let submissions: Int

        package init(reason: String? = nil, dueAt: Date? = nil, submissions: Int = 0) {
            self.reason = reason
            self.dueAt = dueAt
            self.submissions = submissions
        }
    }

    package let id: String
    package let amount: Money
    package let standing: Standing
    package let answer: Answer

    package init(id: String, amount: Money, standing: Standing, answer: Answer = Answer()) {
        self.id = id
        self.amount = amount
        self.standing = standing
        self.answer = answer
    }

    /// What it does to money, apart from what is said about it.
    package var money: PaymentDispute {
        PaymentDispute(id: id, amount: amount, standing: standing)
    }
}

/// What was read of a payment's way back: either part may be all that was asked for.
package struct PaymentReversal: Hashable, Sendable {
    /// The running total of the charge's refunds; nil when it was not read.
    package let refunded: Money?
    package let dispute: PaymentDispute?
    /// What this is the effect of, for the ledger: `stripe:refund:{id}`.
    package let cause: String

    package init(refunded: Money?, dispute: PaymentDispute?, cause: String) {
        self.refunded = refunded
        self.dispute = dispute
        self.cause = cause
    }
}

extension Purchase {
    /// The credit that goes with `money` of the price: in proportion, bonus included, rounded half
    /// up to the cent, exact when it is all of it.
    package func credit(for money: Money) -> Money {
        guard money < price else { return credits + bonus }
        // The product of two amounts leaves 64 bits at some $3,000.
        let product = Int128((credits + bonus).micros) * Int128(money.micros)
        let cent = Int128(price.micros) * 10_000
        return Money(cents: Int64((product + cent / 2) / cent))
    }

    /// The money that goes with `credit` of what was bought: in proportion, rounded down to the
    /// cent, exact when it is all of it.
    package func money(for credit: Money) -> Money {
        guard credit < credits + bonus else { return price }
        let product = Int128(price.micros) * Int128(credit.micros)
        return Money(cents: Int64(product / (Int128((credits + bonus).micros) * 10_000)))
    }
}
