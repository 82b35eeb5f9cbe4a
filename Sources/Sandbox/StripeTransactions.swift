import FoundationEssentials
import JSON

/// What moved the balance: written once, never changed.
struct StripeTransaction: Codable, Sendable {
    let id: String
    let type: String
    let category: String
    let sourceID: String
    let currency: String
    /// In the currency in which the account is settled.
    let amount: Int
    let fee: Int
    let exchangeRate: Double?
    let createdAt: Date
}

/// How an account is settled that does not keep dollars.
struct StripeSettlement: Codable, Sendable {
    let currency: String
    let rate: Double
}

extension StripeWorld {
    /// What Stripe takes: 2.9 % and 30 cents of a card, and $15 for a dispute, won or lost.
    private static func fee(of amount: Int) -> Int { (amount * 29 + 500) / 1000 + 30 }
    private static let disputeFee = 1500

    mutating func book(_ charge: StripeCharge) {
        book(
            "charge", "charge", charge.id, charge.amount, fee: Self.fee(of: charge.amount),
            at: charge.createdAt)
    }

    mutating func book(_ refund: StripeRefund) {
        book("refund", "refund", refund.id, -refund.amount, at: refund.createdAt)
    }

    mutating func bookFailure(of refund: StripeRefund) {
        book("refund_failure", "refund_failure", refund.id, refund.amount, at: now)
    }

    mutating func bookWithdrawal(for dispute: StripeDispute) {
        book(
            "adjustment", "dispute", dispute.id, -dispute.amount, fee: Self.disputeFee, at: now)
    }

    mutating func bookReinstatement(of dispute: StripeDispute) {
        book("adjustment", "dispute_reversal", dispute.id, dispute.amount, at: now)
    }

    private mutating func book(
        _ type: String, _ category: String, _ source: String, _ amount: Int, fee: Int = 0,
        at time: Date
    ) {
        func settled(_ cents: Int) -> Int {
            state.settlement.map { Int((Double(cents) * $0.rate).rounded()) } ?? cents
        }
        state.transactions.append(
            StripeTransaction(
                id: Identifier.stripe("txn_"), type: type, category: category, sourceID: source,
                currency: state.settlement?.currency ?? "usd", amount: settled(amount),
                fee: settled(fee), exchangeRate: state.settlement?.rate, createdAt: time))
    }
}

extension StripeTransaction {
    func json(_ state: StripeState, isExpanded: Bool) -> String {
        var json = JSONWriter()
        json.beginObject()
        json.member("id", id)
        json.member("object", "balance_transaction")
        json.member("amount", amount)
        json.member("available_on", createdAt.unixSeconds + 2 * 86_400)
        json.member("created", createdAt.unixSeconds)
        json.member("currency", currency)
        json.member("description", nil as String?)
        json.key("exchange_rate")
        json.literal(exchangeRate.map { "\($0)" } ?? "null")
        json.member("fee", fee)
        json.key("fee_details")
        json.literal(
            fee == 0
                ? "[]"
                : #"[{"amount":\#(fee),"application":null,"currency":"\#(currency)","#
                    + #""description":"Stripe processing fees","type":"stripe_fee"}]"#)
        json.member("net", amount - fee)
        json.member("reporting_category", category)
        json.key("source")
        if isExpanded, let source = source(state) {
            json.literal(source)
        } else {
            json.string(sourceID)
        }
        json.member("status", "available")
        json.member("type", type)
        json.endObject()
        return String(decoding: json.bytes, as: UTF8.self)
    }

    private func source(_ state: StripeState) -> String? {
        state.charge(sourceID)?.json ?? state.refund(sourceID)?.json
            ?? state.dispute(sourceID)?.json
    }
}
