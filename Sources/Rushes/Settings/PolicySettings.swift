import Domain
import Store

/// What the shop gives and allows.
struct PolicySettings: Sendable {
    let credit: CreditPolicy
    let signupCredit: Money
    /// Whether an address has to be proved before anybody signs in with it.
    let requiresVerified: Bool
    let generateLimit: CallLimit
    let purchaseLimit: CallLimit
    let deadlines: JobDeadlines
    /// How long the site lets an order be taken back before anything is sent.
    let undoSeconds: Int
    let supportRefundLimit: Money

    init?(_ reader: SettingsReader) {
        let expiryDays = reader.value(
            "CREDIT_EXPIRY_DAYS", "after how many days credit lapses; 0 for never", default: "90"
        ) { Int($0).flatMap { (0...36_500).contains($0) ? $0 : nil } }
        let signupCredit = reader.value(
            "SIGNUP_CREDIT", "dollars that a new account gets once its address is proved",
            default: "0", form: "1.50"
        ) { Money(dollars: $0).flatMap { $0 >= .zero && $0.cents != nil ? $0 : nil } }
        let requiresVerified = reader.value(
            "REQUIRE_VERIFIED",
            """
            `on`: nobody signs in before the address is proved by the mailed link, and \
            registering does not tell which addresses have an account; needs `MAIL_URL`
            """, default: "off", form: "on, or off"
        ) { ["on": true, "off": false][$0] }
        let generateLimit = reader.value(
            "GENERATE_LIMIT", "accepted orders of an account", default: "10/15m",
            CallLimit.init(_:))
        let purchaseLimit = reader.value(
            "PURCHASE_LIMIT", "orders of credit of an account", default: "10/15m",
            CallLimit.init(_:))
        let deadlines = reader.value(
            "JOB_DEADLINES",
            """
            how long a video may wait, be in doubt, be made and be fetched; what is left out stays
            """, default: JobDeadlines.standard, JobDeadlines.init(_:))
        let undoSeconds = reader.value(
            "UNDO_WINDOW",
            "how long the site lets an order be taken back before anything is sent; 0s to 30s",
            default: "8s"
        ) { text in
            Duration(span: text).map { Int($0.components.seconds) }.flatMap {
                VideoDraft.undoRange.contains($0) ? $0 : nil
            }
        }
        let supportRefundLimit = reader.value(
            "SUPPORT_REFUND_LIMIT",
            "dollars that a person of the role `support` may send back within 24 hours",
            default: "50", form: "50"
        ) { Money(dollars: $0).flatMap { $0 >= .zero && $0.cents != nil ? $0 : nil } }
        guard let expiryDays, let signupCredit, let requiresVerified, let generateLimit,
            let purchaseLimit, let deadlines, let undoSeconds, let supportRefundLimit
        else { return nil }
        credit = CreditPolicy(expiry: expiryDays == 0 ? nil : .seconds(expiryDays * 86_400))
        self.signupCredit = signupCredit
        self.requiresVerified = requiresVerified
        self.generateLimit = generateLimit
        self.purchaseLimit = purchaseLimit
        self.deadlines = deadlines
        self.undoSeconds = undoSeconds
        self.supportRefundLimit = supportRefundLimit
    }
}
