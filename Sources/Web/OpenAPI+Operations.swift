extension Operation {
    /// One for each route, in any order; a test compares the two lists.
    static let all: [Operation] = [
        Operation(
            route: "GET /api/openapi.json", id: "describe", tag: "Service",
            summary: "This description", access: .anyone, parameters: ["ifNoneMatch"],
            success: Answer(
                status: 200, description: "An OpenAPI document.",
                content: Content(schema: "Description", example: #"{"openapi": "3.1.1"}"#),
                isRevalidated: true)),
        Operation(
            route: "GET /api/health/live", id: "live", tag: "Service",
            summary: "Whether the process answers", access: .anyone,
            success: Answer(
                status: 200, description: "It does.",
                content: Content(schema: "Live", example: #"{"status": "live"}"#)),
            isAlone: true),
        Operation(
            route: "GET /api/health", id: "health", tag: "Service",
            summary: "Whether the shop works", access: .anyone,
            success: Answer(
                status: 200, description: "Open, perhaps with a vendor that fails.",
                content: Content(
                    schema: "Health",
                    example: """
                        {"status": "healthy", "checks": {"database": "ok", "pollo_api": "ok",
                        "stripe": "ok", "webhook_receiver": "ok", "ledger": "ok",
                        "deadlines": "ok", "clock": "ok"},
                        "timestamp": "2026-11-22T10:00:00.123Z"}
                        """)),
            others: [
                Answer(
                    status: 503, description: "The database does not answer.",
                    content: Content(
                        schema: "Health",
                        example: """
                            {"status": "degraded", "checks": {"database": "failing",
                            "pollo_api": "unknown", "stripe": "unknown",
                            "webhook_receiver": "unknown", "ledger": "unknown",
                            "deadlines": "unknown", "clock": "unknown"},
                            "timestamp": "2026-11-22T10:00:00.123Z"}
                            """))
            ], isAlone: true),
        Operation(
            route: "GET /api/tiers", id: "listTiers", tag: "Catalog",
            summary: "The tiers on sale", access: .anyone, parameters: ["ifNoneMatch"],
            success: Answer(
                status: 200, description: "In the order they are shown.",
                content: Content(
                    schema: "TierList",
                    example: """
                        {"items": [{"id": "pro", "name": "Pro", "model": "Kling 2.5 Turbo",
                        "pricePerSecond": 0.372, "prices": {"5": 1.86, "10": 3.72},
                        "durations": [5, 10], "requiresImage": false,
                        "features": ["Director-level cinematics"], "popular": true,
                        "fields": {"text": {"prompt": {"type": "string", "required": true,
                        "minLength": 3, "maxLength": 1000}}, "image": null}}]}
                        """),
                isRevalidated: true)),
        Operation(
            route: "GET /api/credits/packages", id: "listPackages", tag: "Catalog",
            summary: "The packages of credit on sale", access: .anyone,
            parameters: ["ifNoneMatch"],
            success: Answer(
                status: 200, description: "In the order they are shown.",
                content: Content(
                    schema: "PackageList",
                    example: """
                        {"items": [{"id": "pro", "price": 47.99, "credits": 50, "bonus": 5,
                        "total": 55, "popular": true}]}
                        """),
                isRevalidated: true)),

        Operation(
            route: "POST /api/auth/register", id: "register", tag: "Accounts",
            summary: "Makes an account and signs it in", access: .anyone, request: credentials,
            success: Answer(
                status: 201, description: "The account, its token and its cookie.",
                content: session, setsCookie: true),
            others: [checkMail],
            refusals: [
                .invalid, .forbidden, .conflict, .tooLarge, .unsupportedMediaType, .rateLimited,
            ]),
        Operation(
            route: "POST /api/auth/login", id: "login", tag: "Accounts",
            summary: "Starts a session", access: .anyone, request: credentials,
            success: Answer(
                status: 200,
                description: "A token and a cookie: good until 30 days without use, and 90 in all.",
                content: session, setsCookie: true),
            others: [checkMail],
            refusals: [
                .invalid, .invalidCredentials, .forbidden, .tooLarge, .unsupportedMediaType,
                .rateLimited,
            ]),
        Operation(
            route: "POST /api/auth/logout", id: "logout", tag: "Accounts",
            summary: "Ends the session of the call, if there is one", access: .anyone,
            success: Answer(
                status: 204, description: "It is over; the cookie is cleared.", setsCookie: true),
            refusals: [.invalid, .unauthenticated, .forbidden]),
        Operation(
            route: "POST /api/auth/refresh", id: "refresh", tag: "Accounts",
            summary: "Puts a new session in the place of the call's",
            success: Answer(
                status: 200,
                description: """
                    Of what came with the call, the cookie or the token, a new one; the old one \
                    is over.
                    """,
                content: Content(
                    schema: "RenewedSession",
                    example: """
                        {"user": \(user), "expiresAt": "2026-12-22T10:00:00.123Z"}
                        """)),
            refusals: [.invalid, .forbidden]),
        Operation(
            route: "POST /api/auth/verify-email", id: "verifyEmail", tag: "Accounts",
            summary: "Proves an address by the link that was mailed to it", access: .anyone,
            request: Content(schema: "EmailProof", example: #"{"token": "\#(exampleToken)"}"#),
            success: Answer(
                status: 200, description: "The account, with the address proved.",
                content: Content(schema: "ProvedUser", example: #"{"user": \#(user)}"#)),
            refusals: [.invalid, .forbidden, .tooLarge, .unsupportedMediaType]),
        Operation(
            route: "POST /api/auth/password/forgot", id: "forgotPassword", tag: "Accounts",
            summary: "Mails a link that sets a new password, if the address has an account",
            access: .anyone,
            request: Content(schema: "Address", example: #"{"email": "name@example.org"}"#),
            success: checkMail,
            refusals: [.invalid, .forbidden, .tooLarge, .unsupportedMediaType, .rateLimited]),
        Operation(
            route: "POST /api/auth/password/reset", id: "resetPassword", tag: "Accounts",
            summary: "Sets a new password by a mailed link; every session ends", access: .anyone,
            request: Content(
                schema: "PasswordReset",
                example: #"{"token": "\#(exampleToken)", "password": "four words of my own"}"#),
            success: Answer(
                status: 204, description: "Nobody is signed in. The address counts as proved.",
                setsCookie: true),
            refusals: [.invalid, .forbidden, .tooLarge, .unsupportedMediaType]),
        Operation(
            route: "POST /api/auth/password/change", id: "changePassword", tag: "Accounts",
            summary: "Sets a new password; every other session ends",
            request: Content(
                schema: "PasswordChange",
                example: """
                    {"currentPassword": "three words of mine", "password": "four words of my own"}
                    """),
            success: Answer(status: 204, description: "The owner gets a mail."),
            refusals: [
                .invalid, .forbidden, .conflict, .tooLarge, .unsupportedMediaType, .rateLimited,
            ]),
        Operation(
            route: "GET /api/me", id: "showMe", tag: "Accounts",
            summary: "Who is signed in, what they have, and which mails they get", success: me),
        Operation(
            route: "PATCH /api/me", id: "changeMe", tag: "Accounts",
            summary: "Switches kinds of mail on or off, or asks for another address",
            request: Content(
                schema: "MeChange", example: #"{"notifications": {"videoReady": false}}"#),
            success: me,
            refusals: [.invalid, .forbidden, .tooLarge, .unsupportedMediaType, .rateLimited]),
        Operation(
            route: "POST /api/me/verification", id: "sendVerification", tag: "Accounts",
            summary: "Mails the link again that proves an address", success: checkMail,
            refusals: [.invalid, .forbidden, .rateLimited]),
        Operation(
            route: "GET /api/sessions", id: "listSessions", tag: "Accounts",
            summary: "Where the account is signed in, newest first",
            parameters: ["limit", "cursor"],
            success: Answer(
                status: 200, description: "A page.",
                content: Content(
                    schema: "SignInPage",
                    example: """
                        {"items": [{"id": "\(exampleID)", "isCurrent": true,
                        "createdAt": "2026-11-22T10:00:00.123Z",
                        "lastUsedAt": "2026-11-23T10:00:00.123Z",
                        "expiresAt": "2026-12-23T10:00:00.123Z",
                        "userAgent": "Mozilla/5.0", "address": "192.0.2.1"}], "nextCursor": null}
                        """)),
            refusals: [.invalid]),
        Operation(
            route: "DELETE /api/sessions", id: "endOtherSessions", tag: "Accounts",
            summary: "Ends every session but the call's own",
            success: Answer(status: 204, description: "They are over."),
            refusals: [.invalid, .forbidden]),
        Operation(
            route: "DELETE /api/sessions/:id", id: "endSession", tag: "Accounts",
            summary: "Ends one session", parameters: ["id"],
            success: Answer(status: 204, description: "It is over."),
            refusals: [.invalid, .forbidden, .notFound]),

        Operation(
            route: "POST /api/videos/quote", id: "quoteVideo", tag: "Videos",
            summary: "What a video would cost",
            request: Content(schema: "QuoteOrder", example: #"{"tier": "pro", "duration": 5}"#),
            bodyLimit: BodyLimit.order,
            success: Answer(
                status: 200, description: "Nothing was ordered.",
                content: Content(
                    schema: "Quote",
                    example: #"{"tier": "pro", "price": 1.86, "balanceAfter": 53.14}"#)),
            refusals: [.invalid, .forbidden, .tooLarge, .unsupportedMediaType]),
        Operation(
            route: "POST /api/videos/generate", id: "generateVideo", tag: "Videos",
            summary: "Orders one to four videos, paid in credit", parameters: ["idempotencyKey"],
            request: Content(
                schema: "VideoOrder",
                example: """
                    {"tier": "pro", "prompt": "A paper boat sails down a rainy street",
                    "duration": 5, "aspectRatio": "16:9"}
                    """),
            bodyLimit: BodyLimit.order,
            success: accepted,
            refusals: [
                .invalid, .insufficientCredits, .forbidden, .conflict, .tooLarge,
                .unsupportedMediaType, .rateLimited,
            ]),
        Operation(
            route: "GET /api/videos", id: "listVideos", tag: "Videos",
            summary: "The gallery, newest first",
            parameters: [
                "status", "tier", "q", "from", "to", "limit", "cursor", "ifNoneMatch",
            ],
            success: Answer(
                status: 200, description: "A page.",
                content: Content(
                    schema: "VideoPage", example: #"{"items": [\#(video)], "nextCursor": null}"#),
                isRevalidated: true),
            refusals: [.invalid]),
        Operation(
            route: "GET /api/videos/:id", id: "showVideo", tag: "Videos", summary: "One video",
            parameters: ["id", "ifNoneMatch"],
            success: Answer(
                status: 200, description: "As it stands.",
                content: Content(schema: "Video", example: video), isRevalidated: true),
            refusals: [.notFound]),
        Operation(
            route: "GET /api/videos/:id/status", id: "showVideoStatus", tag: "Videos",
            summary: "One video, by another path", parameters: ["id", "ifNoneMatch"],
            success: Answer(
                status: 200, description: "As it stands.",
                content: Content(schema: "Video", example: video), isRevalidated: true),
            refusals: [.notFound]),
        Operation(
            route: "GET /api/videos/:id/file", id: "downloadVideo", tag: "Videos",
            summary: "The file, with ranges", parameters: ["id", "download"],
            success: Answer(
                status: 200, description: "The video.", mediaType: "video/mp4"),
            refusals: [.notFound]),
        Operation(
            route: "GET /api/videos/:id/poster", id: "downloadPoster", tag: "Videos",
            summary: "The first clear picture", parameters: ["id"],
            success: Answer(
                status: 200, description: "The picture.", mediaType: "image/jpeg"),
            refusals: [.notFound]),
        Operation(
            route: "POST /api/videos/:id/cancellation", id: "cancelVideo", tag: "Videos",
            summary: "Takes a video back that was not begun; its price is returned",
            parameters: ["id"],
            success: Answer(
                status: 200, description: "Canceled.",
                content: Content(schema: "Video", example: canceledVideo)),
            refusals: [.invalid, .forbidden, .notFound, .conflict]),
        Operation(
            route: "POST /api/videos/:id/retry", id: "retryVideo", tag: "Videos",
            summary: "Orders a video that has ended again, at the price of today",
            parameters: ["id", "idempotencyKey"], success: accepted,
            refusals: [
                .invalid, .insufficientCredits, .forbidden, .notFound, .conflict, .rateLimited,
            ]),

        Operation(
            route: "GET /api/credits/balance", id: "showBalance", tag: "Credits",
            summary: "What there is to spend, and until when",
            success: Answer(
                status: 200, description: "The balance with its lots, in the order of spending.",
                content: Content(
                    schema: "Balance",
                    example: """
                        {"available": 53.14, "reserved": 1.86,
                        "lots": [{"id": "\(exampleID)", "source": "purchase",
                        "remaining": 53.14, "expiresAt": "2027-02-20T10:00:00.123Z"}],
                        "shortfall": 0}
                        """))),
        Operation(
            route: "GET /api/credits/transactions", id: "listTransactions", tag: "Credits",
            summary: "Everything that changed the balance, newest first",
            parameters: ["limit", "cursor"],
            success: Answer(
                status: 200, description: "A page.",
                content: Content(
                    schema: "TransactionPage",
                    example: """
                        {"items": [{"id": "\(exampleID)", "type": "charge", "amount": -1.86,
                        "balanceAfter": 53.14, "description": "Pro video, 5 s",
                        "jobId": "\(exampleID)", "createdAt": "2026-11-22T10:00:00.123Z"}],
                        "nextCursor": null}
                        """)),
            refusals: [.invalid]),
        Operation(
            route: "POST /api/credits/purchase", id: "purchaseCredits", tag: "Credits",
            summary: "Orders a package, to be paid on Stripe's page",
            parameters: ["idempotencyKey"],
            request: Content(schema: "PurchaseOrder", example: #"{"packageId": "pro"}"#),
            success: Answer(
                status: 201, description: "Send the buyer to `url`.",
                content: Content(
                    schema: "Checkout",
                    example: """
                        {"purchaseId": "\(exampleID)", "sessionId": "cs_test_a1",
                        "url": "https://checkout.stripe.com/c/pay/cs_test_a1"}
                        """)),
            refusals: [
                .invalid, .forbidden, .conflict, .tooLarge, .unsupportedMediaType,
                .rateLimited, .vendorUnavailable,
            ]),
        Operation(
            route: "GET /api/credits/purchases/:id", id: "showPurchase", tag: "Credits",
            summary: "How an order stands", parameters: ["id"],
            success: Answer(
                status: 200, description: "Asked of Stripe while it is open.",
                content: Content(schema: "Purchase", example: purchase)),
            refusals: [.notFound]),

        Operation(
            route: "GET /api/admin/attention", id: "listAttention", tag: "Administration",
            summary: "What needs a person, oldest first",
            success: Answer(
                status: 200, description: "At most 500 items.",
                content: Content(
                    schema: "AttentionList",
                    example: """
                        {"items": [{"kind": "uncertain_video", "subject": "\(exampleID)",
                        "differenceId": null, "findingId": null, "amount": 1.86, "detail": "no answer",
                        "since": "2026-11-22T10:00:00.123Z"}]}
                        """)),
            refusals: [.notFound]),
        Operation(
            route: "GET /api/admin/reconciliation", id: "showReconciliation",
            tag: "Administration",
            summary: "What the last comparison with the vendors found",
            success: Answer(
                status: 200, description: "Without items and unknown parts, all agrees.",
                content: Content(
                    schema: "Reconciliation",
                    example: """
                        {"startedAt": "2026-11-22T03:00:00.123Z",
                        "finishedAt": "2026-11-22T03:00:04.567Z", "items": [], "unknown": []}
                        """)),
            refusals: [.notFound]),
        Operation(
            route: "GET /api/admin/audit", id: "listAudit", tag: "Administration",
            summary: "What was done by hand, newest first",
            parameters: ["action", "limit", "cursor"],
            success: Answer(
                status: 200, description: "A page.",
                content: Content(
                    schema: "AuditPage",
                    example: """
                        {"items": [{"id": "\(exampleID)", "actorId": null, "systemUser": "ann",
                        "action": "credit.grant", "subject": "\(exampleID)", "reason": "goodwill", "detail": "$5.00",
                        "createdAt": "2026-11-22T10:00:00.123Z"}], "nextCursor": null}
                        """)),
            refusals: [.invalid, .notFound]),
        Operation(
            route: "POST /api/admin/differences/:id/closure", id: "closeDifference",
            tag: "Administration",
            summary: "Closes a difference that is dealt with",
            parameters: ["id", "commandKey"],
            request: Content(schema: "Closure", example: #"{"reason": "credited by hand"}"#),
            success: Answer(
                status: 204, description: "It is shown no more while it stays as it is."),
            refusals: [
                .invalid, .forbidden, .notFound, .conflict, .tooLarge, .unsupportedMediaType,
            ]),
        Operation(
            route: "POST /api/admin/purchases/:id/refund", id: "refundPurchase",
            tag: "Administration",
            summary: "Sends money back, and takes its credit",
            parameters: ["id", "commandKey"],
            request: Content(
                schema: "RefundOrder", example: #"{"reason": "asked by mail", "amount": 4.5}"#),
            success: Answer(
                status: 200, description: "Refunded.",
                content: Content(schema: "Purchase", example: purchase)),
            others: [
                Answer(
                    status: 202,
                    description: "Stripe has not answered: the refund is being finished.",
                    content: Content(schema: "Purchase", example: purchase))
            ],
            refusals: [
                .invalid, .forbidden, .notFound, .conflict, .tooLarge, .unsupportedMediaType,
            ]),
        Operation(
            route: "POST /api/admin/videos/:id/resolution", id: "resolveVideo",
            tag: "Administration",
            summary: "Says whether the vendor has made an uncertain video",
            parameters: ["id", "commandKey"],
            request: Content(
                schema: "Resolution", example: #"{"reason": "asked the vendor", "taskId": "t1"}"#),
            success: Answer(status: 204, description: "It goes on, or its price is returned."),
            refusals: [
                .invalid, .forbidden, .notFound, .conflict, .tooLarge, .unsupportedMediaType,
            ]),
        Operation(
            route: "POST /api/admin/videos/:id/closure", id: "endVideo", tag: "Administration",
            summary: "Ends a video in whatever state it is",
            parameters: ["id", "commandKey"],
            request: Content(schema: "Closure", example: #"{"reason": "it never ends"}"#),
            success: Answer(status: 204, description: "Its price is returned."),
            refusals: [
                .invalid, .forbidden, .notFound, .conflict, .tooLarge, .unsupportedMediaType,
            ]),

        repair(
            "POST /api/admin/accounts/:id/rebuild", id: "rebuildAccount",
            "Makes an account's balances, lots and lines anew from the ledger",
            schema: "Command", example: #"{"reason": "finding L4", "dryRun": true}"#),
        repair(
            "POST /api/admin/accounts/:id/adjustment", id: "adjustAccount",
            "Gives or takes credit to put the books right, or takes an effect of the ledger back",
            schema: "Adjustment", example: #"{"reason": "credited once too little", "amount": 4.5}"#
        ),
        repair(
            "POST /api/admin/accounts/:id/take", id: "takeCredit",
            "Takes credit back that was given and is not spent",
            schema: "Taking", example: #"{"reason": "given twice", "amount": 5}"#),
        repair(
            "POST /api/admin/accounts/:id/waiver", id: "waiveDebt",
            "Forgives a debt, or a part of it",
            schema: "Waiver", example: #"{"reason": "our mistake"}"#),
        repair(
            "POST /api/admin/purchases/:id/credit", id: "creditPurchase",
            "Credits a purchase although its payment does not fit it",
            schema: "Command", example: #"{"reason": "paid in full by the bank"}"#,
            others: [.vendorUnavailable]),
        repair(
            "POST /api/admin/purchases/:id/refresh", id: "refreshPurchase",
            "Reads from Stripe what went back of a purchase, and takes its credit",
            schema: "Command", example: #"{"reason": "finding P6"}"#,
            others: [.vendorUnavailable]),
        repair(
            "POST /api/admin/purchases/:id/closure", id: "closePurchase",
            "Closes a purchase whose payment does not fit it",
            schema: "Command", example: #"{"reason": "money went back at Stripe"}"#),
        Operation(
            route: "POST /api/admin/findings/:id/closure", id: "closeFinding",
            tag: "Administration",
            summary: "Closes what the auditor found: it stops nothing while it stays as it is",
            parameters: ["id", "neededCommandKey"],
            request: Content(schema: "Command", example: #"{"reason": "known, and harmless"}"#),
            success: Answer(status: 204, description: "It is shown no more while it stays."),
            refusals: [
                .invalid, .forbidden, .notFound, .conflict, .tooLarge, .unsupportedMediaType,
            ]),

        Operation(
            route: "GET /api/webhooks/endpoints", id: "listWebhookEndpoints", tag: "Webhooks out",
            summary: "The addresses that are told what happens; at most ten",
            success: Answer(
                status: 200, description: "Oldest first.",
                content: Content(
                    schema: "WebhookEndpointList",
                    example: #"{"items": [\#(webhookEndpoint)], "nextCursor": null}"#))),
        Operation(
            route: "POST /api/webhooks/endpoints", id: "createWebhookEndpoint",
            tag: "Webhooks out",
            summary: "Adds an address; without `events` it is told of all",
            request: Content(
                schema: "WebhookEndpointDraft",
                example: #"{"url": "https://example.org/hooks/rushes"}"#),
            success: Answer(
                status: 201, description: "The endpoint with its secret.",
                content: Content(
                    schema: "NewWebhookEndpoint",
                    example: """
                        {"id": "\(exampleID)", "url": "https://example.org/hooks/rushes",
                        "events": ["video.completed", "video.failed", "credits.low"],
                        "status": "ok", "failingSince": null, "createdAt": "2026-11-22T10:00:00.123Z", "secret": "whsec_AAEC"}
                        """)),
            refusals: [.invalid, .forbidden, .conflict, .tooLarge, .unsupportedMediaType]),
        Operation(
            route: "GET /api/webhooks/endpoints/:id", id: "showWebhookEndpoint",
            tag: "Webhooks out", summary: "One address, without its secret", parameters: ["id"],
            success: Answer(
                status: 200, description: "The endpoint.",
                content: Content(schema: "WebhookEndpoint", example: webhookEndpoint)),
            refusals: [.notFound]),
        Operation(
            route: "DELETE /api/webhooks/endpoints/:id", id: "deleteWebhookEndpoint",
            tag: "Webhooks out", summary: "Takes an address away, with its deliveries",
            parameters: ["id"], success: Answer(status: 204, description: "It is gone."),
            refusals: [.invalid, .forbidden, .notFound]),
        Operation(
            route: "POST /api/webhooks/endpoints/:id/secret", id: "rotateWebhookSecret",
            tag: "Webhooks out", summary: "Puts a new secret in the place of the old one",
            parameters: ["webhookEndpoint"],
            success: Answer(
                status: 201, description: "What signs from now on.",
                content: Content(
                    schema: "WebhookSecret", example: #"{"secret": "whsec_AAEC"}"#)),
            refusals: [.invalid, .forbidden, .notFound]),
        Operation(
            route: "POST /api/webhooks/endpoints/:id/test", id: "testWebhookEndpoint",
            tag: "Webhooks out", summary: "Sends an event `test`", parameters: ["id"],
            success: queuedWebhook, refusals: [.invalid, .forbidden, .notFound, .rateLimited]),
        Operation(
            route: "GET /api/webhooks/endpoints/:id/deliveries", id: "listWebhookDeliveries",
            tag: "Webhooks out", summary: "What was sent in thirty days, and what came of it",
            parameters: ["webhookEndpoint", "limit", "cursor"],
            success: Answer(
                status: 200, description: "A page, newest first.",
                content: Content(
                    schema: "WebhookDeliveryPage",
                    example: #"{"items": [\#(webhookDelivery)], "nextCursor": null}"#)),
            refusals: [.invalid, .notFound]),
        Operation(
            route: "POST /api/webhooks/endpoints/:id/deliveries/:delivery/resend",
            id: "resendWebhook", tag: "Webhooks out",
            summary: "Sends one again, under the same webhook-id",
            parameters: ["webhookEndpoint", "delivery"], success: queuedWebhook,
            refusals: [.invalid, .forbidden, .notFound, .conflict, .rateLimited]),
        Operation(
            route: "POST /api/webhooks/stripe", id: "receiveStripeEvent", tag: "Webhooks",
            summary: "An event of Stripe's", access: .vendor, parameters: ["stripeSignature"],
            request: Content(schema: "Event", example: #"{"id": "evt_1"}"#),
            bodyLimit: BodyLimit.event, success: received,
            refusals: [.invalid, .tooLarge, .vendorUnavailable]),
        Operation(
            route: "POST /api/webhooks/pollo", id: "receivePolloCallback", tag: "Webhooks",
            summary: "A callback of the video vendor's", access: .vendor,
            parameters: ["polloID", "polloTimestamp", "polloSignature"],
            request: callback, bodyLimit: BodyLimit.event, success: received,
            refusals: [.unauthenticated, .tooLarge]),
        Operation(
            route: "POST /api/webhooks/pollo/:token", id: "receivePolloJobCallback",
            tag: "Webhooks", summary: "A callback of the video vendor's for one job",
            access: .vendor,
            parameters: ["callbackToken", "polloID", "polloTimestamp", "polloSignature"],
            request: callback, bodyLimit: BodyLimit.event, success: received,
            refusals: [.unauthenticated, .tooLarge]),
    ]

    private static let exampleID = "019abf53-3f7b-7c4e-9a51-0d6f4b8e21c7"

    private static let credentials = Content(
        schema: "Credentials",
        example: #"{"email": "name@example.org", "password": "four words of my own"}"#)

    /// As it stands in the link of a mail.
    private static let exampleToken = "mYzZ0f7m3Z5b8kq1Xw2v4Rr6tUuN9oPpQ_sL-hJdEeA"

    private static let user = """
        {"id": "\(exampleID)", "email": "name@example.org", "emailVerified": false,
        "role": "user", "createdAt": "2026-11-22T10:00:00.123Z"}
        """

    private static let checkMail = Answer(
        status: 202, description: "A mail holds the rest, if there is anything to be mailed.",
        content: Content(schema: "CheckMail", example: #"{"status": "check_mail"}"#))

    private static let session = Content(
        schema: "Session",
        example: """
            {"user": \(user),
            "token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.c2ln",
            "expiresAt": "2026-12-22T10:00:00.123Z"}
            """)

    private static let me = Answer(
        status: 200, description: "The account.",
        content: Content(
            schema: "Me",
            example: """
                {"id": "\(exampleID)", "email": "name@example.org",
                "emailVerified": true, "role": "user",
                "createdAt": "2026-11-22T10:00:00.123Z", "pendingEmail": null, "balance": 53.14,
                "reserved": 1.86, "notifications": {"videoReady": true, "videoFailed": true,
                "receipt": true, "creditLapsing": true, "lowBalance": false}}
                """))

    private static let webhookEndpoint = """
        {"id": "\(exampleID)", "url": "https://example.org/hooks/rushes",
        "events": ["video.completed", "video.failed"], "status": "ok", "failingSince": null,
        "createdAt": "2026-11-22T10:00:00.123Z"}
        """

    private static let webhookDelivery = """
        {"id": "\(exampleID)", "type": "video.completed", "jobId": "\(exampleID)",
        "url": "https://example.org/hooks/rushes", "status": "pending",
        "createdAt": "2026-11-22T10:00:00.123Z", "deliveredAt": null,
        "nextAttemptAt": "2026-11-22T10:05:00.456Z", "attempts": [{"attempt": 1,
        "statusCode": 500, "problem": "The answer was 500.", "milliseconds": 31,
        "at": "2026-11-22T10:00:00.456Z"}]}
        """

    private static let queuedWebhook = Answer(
        status: 202, description: "It is sent in a moment.",
        content: Content(schema: "WebhookDelivery", example: webhookDelivery))

    private static let accepted = Answer(
        status: 202, description: "Charged and queued.",
        content: Content(
            schema: "AcceptedVideo",
            example: """
                {"jobId": "\(exampleID)", "taskId": null, "status": "pending", "tier": "pro",
                "estimatedCost": 1.86, "estimatedTime": 120, "balance": 53.14, "position": 1}
                """))

    private static let purchase = """
        {"id": "\(exampleID)", "packageId": "pro", "status": "paid", "price": 47.99,
        "credits": 50, "bonus": 5, "total": 55, "createdAt": "2026-11-22T10:00:00.123Z",
        "paidAt": "2026-11-22T10:01:10.456Z"}
        """

    private static let video = example(
        status: #""completed", "statusDetail": null"#, charged: "1.86",
        file: "\"https://rushes.example/api/videos/\(exampleID)/file\"")

    private static let canceledVideo = example(
        status: #""canceled", "statusDetail": "canceled""#, charged: "0", file: "null")

    private static func example(status: String, charged: String, file: String) -> String {
        """
        {"jobId": "\(exampleID)", "taskId": null, "tier": "pro", "status": \(status),
        "prompt": "A paper boat sails down a rainy street", "negativePrompt": null,
        "image": null, "imageTail": null, "duration": 5, "aspectRatio": "16:9",
        "resolution": null, "mode": null, "strength": null, "seed": null,
        "estimatedCost": 1.86, "userCharged": \(charged), "videoUrl": \(file),
        "posterUrl": null, "createdAt": "2026-11-22T10:00:00.123Z",
        "completedAt": "2026-11-22T10:02:31.789Z"}
        """
    }

    private static let callback = Content(
        schema: "Event", example: #"{"taskId": "task_1", "status": "succeed"}"#)

    private static let received = Answer(
        status: 200, description: "Taken; the same event again changes nothing.",
        content: Content(schema: "Received", example: #"{"received": true}"#))
}

extension Operation {
    /// A command that repairs the books.
    private static func repair(
        _ route: String, id: String, _ summary: String, schema: String, example: String,
        others: [Refusal] = []
    ) -> Operation {
        Operation(
            route: route, id: id, tag: "Administration", summary: summary,
            parameters: ["id", "neededCommandKey"],
            request: Content(schema: schema, example: example),
            success: Answer(
                status: 200, description: "Done, done before, or what it would do.",
                content: Content(
                    schema: "CommandReport",
                    example: #"{"outcome": "done", "changes": ["available: $1.00 -> $5.50"]}"#)),
            others: [
                Answer(
                    status: 202,
                    description: "Above $100.00 a second operator sends the same, by the same key.",
                    content: Content(
                        schema: "CommandReport", example: #"{"outcome": "waits", "changes": []}"#))
            ],
            refusals: [
                .invalid, .forbidden, .notFound, .conflict, .tooLarge, .unsupportedMediaType,
            ] + others)
    }
}
