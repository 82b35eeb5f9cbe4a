import FoundationEssentials
import JSON

// Stripe's objects as it writes them: every field that we read, and those that are
// always there.

extension StripeSession {
    /// - Parameter expanding: names of fields to show whole: `payment_intent`, `line_items`.
    func json(
        _ state: StripeState, _ site: StripeSite, expanding: Set<String> = []
    ) -> String {
        stripeObject { json in
            json.member("id", id)
            json.member("object", "checkout.session")
            json.key("adaptive_pricing")
            json.literal(#"{"enabled":false}"#)
            json.member("amount_subtotal", amount + (discount ?? 0))
            json.member("amount_total", amount)
            json.member("cancel_url", cancelURL)
            json.member("client_reference_id", clientReferenceID)
            json.member("created", createdAt.unixSeconds)
            json.member("currency", currency)
            json.member("customer", nil as String?)
            json.member("customer_creation", "if_required")
            json.key("customer_details")
            if status == .complete {
                json.beginObject()
                json.member("email", customerEmail ?? "buyer@example.com")
                json.endObject()
            } else {
                json.null()
            }
            json.member("customer_email", customerEmail)
            json.member("expires_at", expiresAt.unixSeconds)
            if expanding.contains("line_items") {
                json.key("line_items")
                json.literal(lineItems)
            }
            json.member("livemode", isLive ?? false)
            json.key("metadata")
            json.members(metadata)
            json.member("mode", mode ?? "payment")
            json.key("payment_intent")
            if expanding.contains("payment_intent"), let payment = paymentID.flatMap(state.payment)
            {
                json.literal(
                    payment.json(
                        state, isExpanded: expanding.contains("payment_intent.latest_charge")))
            } else if let paymentID {
                json.string(paymentID)
            } else {
                json.null()
            }
            json.key("payment_method_types")
            json.literal(#"["card"]"#)
            json.member("payment_status", isPaid ? "paid" : "unpaid")
            json.member("presentment_details", nil as String?)
            json.member("status", status.rawValue)
            json.member("success_url", successURL)
            json.key("total_details")
            json.literal(#"{"amount_discount":0,"amount_shipping":0,"amount_tax":0}"#)
            json.member("ui_mode", "hosted_page")
            json.member("url", status == .open ? "\(site.publicURL)/checkout/\(id)" : nil)
        }
    }

    private var lineItems: String {
        stripeObject { json in
            json.member("object", "list")
            json.key("data")
            json.beginArray()
            for (index, item) in items.enumerated() {
                json.beginObject()
                json.member("id", "li_\(index)_\(id)")
                json.member("object", "item")
                json.member("amount_total", item.unitAmount * item.quantity)
                json.member("currency", currency)
                json.member("description", item.name)
                json.member("quantity", item.quantity)
                json.endObject()
            }
            json.endArray()
            json.member("has_more", false)
        }
    }
}

extension StripePayment {
    func json(_ state: StripeState, isExpanded: Bool = false) -> String {
        stripeObject { json in
            json.member("id", id)
            json.member("object", "payment_intent")
            json.member("amount", amount)
            json.member("amount_received", status == "succeeded" ? amount : 0)
            json.member("created", createdAt.unixSeconds)
            json.member("currency", currency)
            json.key("latest_charge")
            if isExpanded, let charge = chargeID.flatMap({ state.charge($0) }) {
                json.literal(charge.json)
            } else if let chargeID {
                json.string(chargeID)
            } else {
                json.null()
            }
            json.member("livemode", false)
            json.key("metadata")
            json.members(metadata)
            json.member("status", status)
        }
    }
}

extension StripeCharge {
    var json: String {
        stripeObject { json in
            json.member("id", id)
            json.member("object", "charge")
            json.member("amount", amount)
            json.member("amount_captured", isPaid ? amount : 0)
            json.member("amount_refunded", amountRefunded)
            json.member("captured", isPaid)
            json.member("created", createdAt.unixSeconds)
            json.member("currency", currency)
            json.member("disputed", isDisputed)
            json.member("livemode", isLive ?? false)
            json.key("metadata")
            json.members(metadata)
            json.member("failure_code", isPaid ? nil : "card_declined")
            json.member("paid", isPaid)
            json.member("payment_intent", paymentID)
            json.member("refunded", isPaid && amountRefunded == amount)
            json.member("status", isPaid ? "succeeded" : "failed")
        }
    }
}

extension StripeRefund {
    var json: String {
        stripeObject { json in
            json.member("id", id)
            json.member("object", "refund")
            json.member("amount", amount)
            json.member("charge", chargeID)
            json.member("created", createdAt.unixSeconds)
            json.member("currency", currency)
            if let failureReason { json.member("failure_reason", failureReason) }
            json.key("metadata")
            json.members(metadata)
            json.member("payment_intent", paymentID)
            json.member("reason", reason)
            json.member("status", status)
        }
    }
}

func stripeObject(_ write: (inout JSONWriter) -> Void) -> String {
    var json = JSONWriter()
    json.beginObject()
    write(&json)
    json.endObject()
    return String(decoding: json.bytes, as: UTF8.self)
}

extension JSONWriter {
    mutating func members(_ members: [String: String]) {
        beginObject()
        for (name, value) in members.sorted(by: { $0.key < $1.key }) {
            key(name)
            string(value)
        }
        endObject()
    }
}
