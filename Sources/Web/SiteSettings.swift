package import Addresses
package import Domain
package import Media

/// What the site is set to; the same for every thread.
package struct SiteSettings: Sendable {
    /// The public base URL, as what the `Origin` of our own pages is compared with.
    package var origin: Origin
    /// The same for links.
    package var appURL: String { origin.text }
    package var jwtSecret: [UInt8]
    /// Still accepted while the secret is being changed.
    package var previousJWTSecret: [UInt8]?
    package var stripeWebhookSecrets: [String]
    package var polloWebhookSecret: String
    /// Whether Stripe's keys move real money.
    package var isLive: Bool
    package var creditPolicy: CreditPolicy
    package var seller: Seller
    package var signupCredit: Money
    package var generateLimit: CallLimit
    package var purchaseLimit: CallLimit
    package var deadlines: JobDeadlines
    /// Origins that webhooks may be sent to although they are neither HTTPS nor public.
    package var exceptOrigins: [Origin]
    /// Whether an address has to be proved before anybody signs in with it.
    package var requiresVerified: Bool
    /// How long the pages let an order be taken back before anything is sent.
    package var undoSeconds: Int
    /// How much one who may send refunds, and no more, may send back within 24 hours.
    package var supportRefundLimit: Money
    /// Whether the console is open only to who signs in with codes.
    package var operatorsNeedCodes: Bool

    /// Where pictures are put.
    package var media: Storage

    package init(
        origin: Origin, jwtSecret: [UInt8], previousJWTSecret: [UInt8]?,
        stripeWebhookSecrets: [String], polloWebhookSecret: String, isLive: Bool,
        creditPolicy: CreditPolicy, seller: Seller, signupCredit: Money,
        generateLimit: CallLimit, purchaseLimit: CallLimit, deadlines: JobDeadlines, media: Storage,
        exceptOrigins: [Origin] = [],
        requiresVerified: Bool = false, undoSeconds: Int = 0,
        supportRefundLimit: Money = Money(micros: 50_000_000), operatorsNeedCodes: Bool = false
    ) {
        self.origin = origin
        self.jwtSecret = jwtSecret
        self.previousJWTSecret = previousJWTSecret
        self.stripeWebhookSecrets = stripeWebhookSecrets
        self.polloWebhookSecret = polloWebhookSecret
        self.isLive = isLive
        self.creditPolicy = creditPolicy
        self.seller = seller
        self.signupCredit = signupCredit
        self.generateLimit = generateLimit
        self.purchaseLimit = purchaseLimit
        self.deadlines = deadlines
        self.media = media
        self.exceptOrigins = exceptOrigins
        self.requiresVerified = requiresVerified
        self.undoSeconds = undoSeconds
        self.supportRefundLimit = supportRefundLimit
        self.operatorsNeedCodes = operatorsNeedCodes
    }
}
