import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import Stripe
import Testing

/// What the stand-in takes as evidence against a dispute: what the documentation says, and no more.
struct EvidenceTests {
    private static let pdf = Array("%PDF-1.5 evidence".utf8)

    private func dispute(_ world: World, isInquiry: Bool = false) throws -> String {
        let session = try world.session()
        try world.post("/checkout/\(session.id)/pay")
        let payment = try #require(
            try world.stripe.checkoutSession(id: session.id).paymentIntent)
        try world.post(
            "/control/stripe/payments/\(payment)/dispute", isInquiry ? "inquiry=true" : "")
        return try #require(try world.stripe.disputes(ofPaymentIntent: payment).data.first).id
    }

    private func submit(
        _ world: World, _ id: String, _ values: [DisputeEvidence.Field: String] = [.text: "x"],
        key: String = UUID().uuidString
    ) throws(StripeError) -> StripeDispute {
        try world.stripe.submit(DisputeEvidence(values), against: id, idempotencyKey: key)
    }

    private func answer(_ world: World, _ id: String, _ form: String) throws -> JSONValue? {
        let response = try world.send(
            OutboundRequest(
                method: .post, url: "/v1/disputes/\(id)",
                fields: [.authorization: "Bearer sk_test_key"], body: Array(form.utf8)))
        return try JSONValue(parsing: response.body)["error"]
    }

    @Test(arguments: [(false, "under_review"), (true, "warning_under_review")])
    func `evidence is submitted once`(isInquiry: Bool, status: String) throws {
        let world = try World()
        let id = try dispute(world, isInquiry: isInquiry)
        let before = try world.stripe.dispute(id: id)
        #expect(before.submission.count == 0)
        #expect(before.submission.dueAt == world.now.addingTimeInterval(14 * 86_400))
        let file = try world.stripe.upload(
            evidence: Self.pdf, named: "evidence.pdf", idempotencyKey: "file")
        let after = try submit(world, id, [.text: "Reference 1", .file: file], key: "k")
        #expect(after.status == StripeWord(status))
        #expect(after.submission.count == 1)
        #expect(after.evidenceText == "Reference 1")
        // The same call has the same answer; another is refused.
        #expect(try submit(world, id, [.text: "Reference 1", .file: file], key: "k") == after)
        let error = #expect(throws: StripeError.self) { try submit(world, id) }
        #expect(error?.failure.message.contains("already submitted") == true)
        #expect(try world.stripe.dispute(id: id) == after)
        world.pass(1)
        #expect(world.eventTypes.last == "charge.dispute.updated")
    }

    @Test func `what is closed or late takes none`() throws {
        let world = try World()
        let closed = try dispute(world)
        try world.post("/control/stripe/disputes/\(closed)/lose")
        let late = try dispute(world)
        #expect(
            try world.post("/control/stripe/disputes/\(late)/due", "seconds=x").status == .conflict)
        #expect(try world.post("/control/stripe/disputes/\(late)/due", "seconds=60").status == .ok)
        world.pass(60)
        for (id, words) in [(closed, "already closed"), (late, "is over")] {
            let error = #expect(throws: StripeError.self) { try submit(world, id) }
            #expect(error?.failure.status == 400)
            #expect(error?.failure.message.contains(words) == true)
        }
    }

    @Test func `fields that are not documented, too long or no files are refused`() throws {
        let world = try World()
        let id = try dispute(world)
        let long = String(repeating: "x", count: 20_001)
        for (form, param) in [
            ("evidence[customer_mood]=bad", "evidence[customer_mood]"), ("text=x", "text"),
            ("submit=perhaps", "submit"),
            ("evidence[uncategorized_text]=\(long)", "evidence[uncategorized_text]"),
            ("evidence[receipt]=file_none", "evidence[receipt]"),
        ] {
            #expect(try answer(world, id, form)?["param"]?.string == param)
        }
        let names = [
            "access_activity_log", "product_description", "uncategorized_text",
            "cancellation_rebuttal", "refund_policy_disclosure", "refund_refusal_explanation",
            "cancellation_policy_disclosure", "duplicate_charge_explanation",
        ]
        let full = String(repeating: "x", count: 20_000)
        let all = names.map { "evidence[\($0)]=\(full)" }.joined(separator: "&")
        #expect(try answer(world, id, all)?["param"]?.string == "evidence")
        #expect(try world.stripe.dispute(id: id).submission.count == 0)
        #expect(throws: StripeError.self) { try submit(world, "du_none") }
        // Staged, it can be changed until it is submitted.
        #expect(try answer(world, id, "evidence[customer_name]=Ann&submit=false") == nil)
        #expect(try world.stripe.dispute(id: id).status == .needsResponse)
        #expect(try submit(world, id).status == .underReview)
    }

    @Test func `a file is a picture or a PDF of at most 5 MB`() throws {
        let world = try World()
        func upload(_ bytes: [UInt8]) throws(StripeError) -> String {
            try world.stripe.upload(
                evidence: bytes, named: "evidence.pdf", idempotencyKey: UUID().uuidString)
        }
        #expect(try upload(Self.pdf).hasPrefix("file_"))
        #expect(throws: StripeError.self) { try upload(Array("<html>".utf8)) }
        let large = Self.pdf + [UInt8](repeating: 0x20, count: 5 << 20)
        #expect(throws: StripeError.self) { try upload(large) }
        #expect(throws: StripeError.self) { try upload([]) }
    }
}
