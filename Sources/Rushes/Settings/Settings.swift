import Addresses
import Domain

/// All that `serve` and `work` are set to, judged as a whole before anything starts. Each part
/// reads its own variables, in a file of its own.
struct Settings: Sendable {
    let shop: ShopSettings
    let databases: DatabaseSettings
    let stripe: StripeSettings
    let pollo: PolloSettings
    let media: MediaSettings
    let post: PostSettings
    let policy: PolicySettings
    let seller: Seller

    /// Throws ``SettingsError`` with everything that is wrong.
    init() throws(SettingsError) {
        self = try SettingsReader.read { Settings($0) }
    }

    init?(_ reader: SettingsReader) {
        // Every part is read, whatever is wrong with another: all of it is told at once.
        let stage = ShopSettings.stage(reader)
        let shop = ShopSettings(reader, stage: stage)
        let databases = DatabaseSettings(reader)
        let stripe = StripeSettings(reader, stage: stage)
        let pollo = PolloSettings(reader, stage: stage)
        let media = MediaSettings(reader)
        let post = PostSettings(reader, host: shop?.origin.host)
        let policy = PolicySettings(reader)
        let seller = SellerSettings(reader)
        if let post, let policy, policy.requiresVerified, post.mail == nil {
            reader.refuse("REQUIRE_VERIFIED", "needs MAIL_URL: addresses are proved by mail")
        }
        guard let shop, let databases, let stripe, let pollo, let media, let post, let policy
        else { return nil }
        self.shop = shop
        self.databases = databases
        self.stripe = stripe
        self.pollo = pollo
        self.media = media
        self.post = post
        self.policy = policy
        self.seller = seller.seller(of: shop.origin)
    }

    /// Every variable that the program reads, in the order in which it is told of.
    static var list: [Setting] {
        let reader = SettingsReader([:])
        _ = Settings(reader)
        _ = SchemaSettings(reader)
        return reader.settings
    }
}
