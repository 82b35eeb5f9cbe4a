/// A Dispute: a buyer's bank asks for the money back. `amount` can differ from the charge.
package struct StripeDispute: Decodable, Equatable, Sendable {
    package let id: String
    package let amount: Int
    package let currency: String
    package let status: StripeWord<StripeDispute>
    package let reason: String?
    package let charge: String?
    package let paymentIntent: String?
    package let isLive: Bool
    package let submission: StripeSubmission
    /// What the evidence says that fits nowhere else; nil while there is none.
    package let evidenceText: String?

    private enum CodingKeys: String, CodingKey {
        case id, amount, currency, status, reason, charge, livemode, evidence
        case paymentIntent = "payment_intent"
        case evidenceDetails = "evidence_details"
    }

    private struct Evidence: Decodable {
        let text: String?

        private enum CodingKeys: String, CodingKey { case text = "uncategorized_text" }
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        id = try values.decode(String.self, forKey: .id)
        amount = try values.decodeCents(forKey: .amount)
        currency = try values.decode(String.self, forKey: .currency)
        status = try values.decode(StripeWord.self, forKey: .status)
        reason = try values.decodeIfPresent(String.self, forKey: .reason)
        charge = try values.decodeIfPresent(Reference.self, forKey: .charge)?.id
        paymentIntent = try values.decodeIfPresent(Reference.self, forKey: .paymentIntent)?.id
        isLive = try values.decode(Bool.self, forKey: .livemode)
        submission =
            try values.decodeIfPresent(StripeSubmission.self, forKey: .evidenceDetails)
            ?? StripeSubmission(dueAt: nil, count: 0)
        evidenceText = try values.decodeIfPresent(Evidence.self, forKey: .evidence)?.text
    }
}

extension StripeWord<StripeDispute> {
    package static var needsResponse: Self { Self("needs_response") }
    package static var underReview: Self { Self("under_review") }
    package static var won: Self { Self("won") }
    package static var lost: Self { Self("lost") }
    package static var warningClosed: Self { Self("warning_closed") }
    package static var prevented: Self { Self("prevented") }

    /// An inquiry, open or closed: no money has moved (`warning_…`).
    package var isInquiry: Bool { text.utf8.starts(with: "warning_".utf8) }
    /// Whether it is over; its status changes no more.
    package var isClosed: Bool { [.won, .lost, .warningClosed, .prevented].contains(self) }
}
