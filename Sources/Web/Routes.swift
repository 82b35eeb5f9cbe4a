/// What everybody may call but the operator: each route stands beside its handler.
package let routes: [Route] = [
    Health.routes, Description.routes, Tiers.routes, Packages.routes,
    Accounts.routes, Sessions.routes, SignInCodes.routes, Addresses.routes,
    Passwords.routes, SessionList.routes,
    Videos.routes, Gallery.routes, Uploads.routes,
    Credits.routes, Purchases.routes,
    StripeWebhook.routes, PolloWebhook.routes,
].flatMap { $0 }
