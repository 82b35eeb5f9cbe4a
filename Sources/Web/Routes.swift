/// The table of contents of the API (design.md 5).
package let routes: [Route] = [
    .get("/api/health/live", Health.live),
    .get("/api/health", Health.show),
    .get("/api/openapi.json", OpenAPI.show),

    .get("/api/tiers", Tiers.index),
    .get("/api/credits/packages", Packages.index),

    .post("/api/auth/register", Accounts.create),
    .post("/api/auth/login", Sessions.create),
    .post("/api/auth/logout", Sessions.destroy),
    .post("/api/auth/refresh", signedIn(Sessions.refresh)),
    .get("/api/me", signedIn(Accounts.show)),
    .patch("/api/me", signedIn(Accounts.update)),

    .post("/api/videos/quote", signedIn(Videos.quote)),
    .post("/api/videos/generate", signedIn(Videos.create)),
    .get("/api/videos", signedIn(Videos.index)),
    .get("/api/videos/:id", signedIn(Videos.show)),
    .get("/api/videos/:id/status", signedIn(Videos.show)),
    .get("/api/videos/:id/file", signedIn(Videos.file)),
    .get("/api/videos/:id/poster", signedIn(Videos.poster)),
    .post("/api/videos/:id/cancellation", signedIn(Videos.cancel)),
    .post("/api/videos/:id/retry", signedIn(Videos.retry)),

    .get("/api/credits/balance", signedIn(Credits.balance)),
    .get("/api/credits/transactions", signedIn(Credits.transactions)),
    .post("/api/credits/purchase", signedIn(Purchases.create)),
    .get("/api/credits/purchases/:id", signedIn(Purchases.show)),

    .get("/api/admin/attention", administrator(Administration.attention)),
    .get("/api/admin/reconciliation", administrator(Administration.reconciliation)),
    .get("/api/admin/audit", administrator(Administration.audit)),
    .post("/api/admin/purchases/:id/refund", administrator(Administration.refund)),
    .post("/api/admin/videos/:id/resolution", administrator(Administration.resolve)),

    .get("/api/webhooks/endpoints", signedIn(WebhookEndpoints.index)),
    .post("/api/webhooks/endpoints", signedIn(WebhookEndpoints.create)),
    .get("/api/webhooks/endpoints/:id", signedIn(WebhookEndpoints.show)),
    .delete("/api/webhooks/endpoints/:id", signedIn(WebhookEndpoints.destroy)),
    .post("/api/webhooks/endpoints/:id/secret", signedIn(WebhookEndpoints.rotate)),
    .post("/api/webhooks/endpoints/:id/test", signedIn(WebhookEndpoints.test)),
    .get("/api/webhooks/endpoints/:id/deliveries", signedIn(WebhookDeliveries.index)),
    .post(
        "/api/webhooks/endpoints/:id/deliveries/:delivery/resend",
        signedIn(WebhookDeliveries.resend)),

    .post("/api/webhooks/stripe", StripeWebhook.create),
    .post("/api/webhooks/pollo", PolloWebhook.create),
    .post("/api/webhooks/pollo/:token", PolloWebhook.create),
]
