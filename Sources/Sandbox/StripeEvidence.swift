/// What Stripe takes as evidence against a dispute, and says of it.
enum StripeEvidence {
    /// Those with the most characters that the documentation gives them; the others have none of
    /// their own.
    static let texts: [String: Int?] = [
        "access_activity_log": 20_000, "billing_address": nil,
        "cancellation_policy_disclosure": 20_000, "cancellation_rebuttal": 20_000,
        "customer_email_address": nil, "customer_name": nil, "customer_purchase_ip": nil,
        "duplicate_charge_explanation": 20_000, "duplicate_charge_id": nil,
        "product_description": 20_000, "refund_policy_disclosure": 20_000,
        "refund_refusal_explanation": 20_000, "service_date": nil, "shipping_address": nil,
        "shipping_carrier": nil, "shipping_date": nil, "shipping_tracking_number": nil,
        "uncategorized_text": 20_000,
    ]
    static let files: Set<String> = [
        "cancellation_policy", "customer_communication", "customer_signature",
        "duplicate_charge_documentation", "receipt", "refund_policy", "service_documentation",
        "shipping_documentation", "uncategorized_file",
    ]
    static let names = files.union(texts.keys)
    static let largestTotal = 150_000
    static let largestFile = 5 << 20
}
