import Domain
import Store

/// What a call can be refused with, as it is described.
enum Refusal: String, CaseIterable {
    case invalid = "Invalid"
    case unauthenticated = "Unauthenticated"
    case invalidCredentials = "InvalidCredentials"
    case insufficientCredits = "InsufficientCredits"
    case forbidden = "Forbidden"
    case notFound = "NotFound"
    case conflict = "Conflict"
    case tooLarge = "TooLarge"
    case unsupportedMediaType = "UnsupportedMediaType"
    case rateLimited = "RateLimited"
    case `internal` = "Internal"
    case vendorUnavailable = "VendorUnavailable"
    case unavailable = "Unavailable"

    var status: Int {
        switch self {
        case .invalid: 400
        case .unauthenticated, .invalidCredentials: 401
        case .insufficientCredits: 402
        case .forbidden: 403
        case .notFound: 404
        case .conflict: 409
        case .tooLarge: 413
        case .unsupportedMediaType: 415
        case .rateLimited: 429
        case .internal: 500
        case .vendorUnavailable: 502
        case .unavailable: 503
        }
    }

    /// Whether the answer says when to try again.
    var isTemporary: Bool {
        [.rateLimited, .vendorUnavailable, .unavailable].contains(self)
    }

    var description: String {
        switch self {
        case .invalid: "Something in the request is wrong; `details` names all of it."
        case .unauthenticated: "No valid token or cookie, or a header that came twice."
        case .invalidCredentials: "Address and password do not belong together."
        case .insufficientCredits: "The balance does not cover the price. Nothing was charged."
        case .forbidden:
            "Another site sent this request from a visitor's browser; or, for orders, "
                + "ACCOUNT_HELD: the books of this account are being checked."
        case .notFound: "There is no such thing, or it is another user's."
        case .conflict: "It does not fit the state of things, or the key was used before."
        case .tooLarge: "The body is longer than the call takes; the message says how much it does."
        case .unsupportedMediaType: "The body is of another type than JSON."
        case .rateLimited: "Too many calls in the window."
        case .internal: "Something broke on our side."
        case .vendorUnavailable: "A vendor did not answer. Nothing was charged."
        case .unavailable: "Too much is going on. Nothing was lost."
        }
    }

    var example: String {
        switch self {
        case .invalid:
            Self.example(
                "INVALID_INPUT", "Some fields need another value.", "correct_input",
                #"[{"field": "duration", "message": "Choose 5 or 10 seconds, as a number."}]"#)
        case .unauthenticated: Self.example("UNAUTHENTICATED", "Sign in to go on.", "sign_in")
        case .invalidCredentials:
            Self.example(
                "INVALID_CREDENTIALS", "The address or the password is wrong.", "sign_in")
        case .insufficientCredits:
            Self.example(
                "INSUFFICIENT_CREDITS", "This costs $1.86; you have $0.50.", "purchase_credits",
                #"{"required": 1.86, "current": 0.5, "shortfall": 1.36}"#)
        case .forbidden:
            Self.example("FORBIDDEN", "This request came from another site.", nil)
        case .notFound: Self.example("NOT_FOUND", "There is nothing here.", nil)
        case .conflict:
            Self.example("CONFLICT", "This video can no longer be canceled.", nil)
        case .tooLarge:
            Self.example("PAYLOAD_TOO_LARGE", "Send at most 4 kB.", "correct_input")
        case .unsupportedMediaType:
            Self.example(
                "UNSUPPORTED_MEDIA_TYPE",
                "Send JSON, with the header Content-Type: application/json.", "correct_input")
        case .rateLimited:
            Self.example(
                "RATE_LIMITED", "You can start 10 in 15 minutes. Try again in 312 seconds.",
                "retry", #"{"limit": 10, "windowSeconds": 900, "retryAfterSeconds": 312}"#)
        case .internal:
            Self.example("INTERNAL", "Something broke on our side. Try again.", "retry")
        case .vendorUnavailable:
            Self.example(
                "API_ERROR",
                "A service that we need did not answer. Nothing was charged. Try again shortly.",
                "retry")
        case .unavailable:
            Self.example(
                "API_ERROR", "We are busy. Nothing was lost; try again shortly.", "retry")
        }
    }

    private static func example(
        _ code: String, _ message: String, _ action: String?, _ details: String? = nil
    ) -> String {
        """
        {"error": {"code": "\(code)", "message": "\(message)",
        "action": \(action.map { "\"\($0)\"" } ?? "null")
        \(details.map { ", \"details\": \($0)" } ?? "")},
        "requestId": "4f8a1c0e2b7d4a6f9c3e5d1b8a7f6e20"}
        """
    }
}

extension OpenAPI {
    static let info = """
        {"title": "Rushes", "version": "1",
        "description": "AI video, paid per second from prepaid credit. Amounts are JSON numbers in \
        US dollars, exact to the last digit; times are ISO 8601 in UTC; ids are UUIDs that sort by \
        their time. Every answer has an X-Request-Id. GET routes answer HEAD too; another method \
        is answered 405 with Allow. Per-address limits may answer 429 to any call."}
        """

    static let securitySchemes = """
        {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT",
        "description": "The token of register, login or refresh."},
        "cookie": {"type": "apiKey", "in": "cookie", "name": "\(SessionCookie.name)",
        "description": "The site's own cookie. Every call that changes something needs the \
        header Origin of the site with it."}}
        """

    static let parameters: [(name: String, text: String)] = [
        (
            "id",
            """
            {"name": "id", "in": "path", "required": true,
            "schema": {"type": "string", "format": "uuid"}}
            """
        ),
        (
            "webhookEndpoint",
            """
            {"name": "id", "in": "path", "required": true,
            "description": "An endpoint, or `default` for the addresses that orders name \
            themselves (webhookUrl).", "schema": {"type": "string"}}
            """
        ),
        (
            "delivery",
            """
            {"name": "delivery", "in": "path", "required": true,
            "schema": {"type": "string", "format": "uuid"}}
            """
        ),
        (
            "callbackToken",
            """
            {"name": "token", "in": "path", "required": true,
            "description": "The secret of one job.", "schema": {"type": "string"}}
            """
        ),
        (
            "limit",
            """
            {"name": "limit", "in": "query", "description": "How many items.",
            "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}}
            """
        ),
        (
            "cursor",
            """
            {"name": "cursor", "in": "query",
            "description": "The nextCursor of the page before.",
            "schema": {"type": "string", "format": "uuid"}}
            """
        ),
        (
            "status",
            """
            {"name": "status", "in": "query",
            "description": "`active` is all that have not ended.",
            "schema": {"enum": [\(list(VideoStatus.allCases)), "active"]}}
            """
        ),
        (
            "tier",
            """
            {"name": "tier", "in": "query", "description": "The id of a tier.",
            "schema": {"type": "string"}}
            """
        ),
        (
            "q",
            """
            {"name": "q", "in": "query",
            "description": "Up to 8 words that the prompt contains, in any order and either case.",
            "schema": {"type": "string", "maxLength": 200}}
            """
        ),
        (
            "from",
            """
            {"name": "from", "in": "query", "description": "The first instant, or day.",
            "schema": {"type": "string"}, "example": "2026-11-01T00:00:00Z"}
            """
        ),
        (
            "to",
            """
            {"name": "to", "in": "query", "description": "The instant, or day, after the last.",
            "schema": {"type": "string"}, "example": "2026-12-01"}
            """
        ),
        (
            "download",
            """
            {"name": "download", "in": "query",
            "description": "With 1 the browser saves the file.", "schema": {"enum": ["1"]}}
            """
        ),
        (
            "idempotencyKey",
            """
            {"name": "Idempotency-Key", "in": "header",
            "description": "The caller's name for this call, kept for 24 hours: the same key and \
            body get the first answer again and cost nothing more; another body is answered 409.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"}}
            """
        ),
        (
            "commandKey",
            """
            {"name": "Idempotency-Key", "in": "header",
            "description": "The caller's name for this command, kept for ever: the same key again \
            is the same command and does nothing more; for another it is answered 409.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"}}
            """
        ),
        (
            "neededCommandKey",
            """
            {"name": "Idempotency-Key", "in": "header", "required": true,
            "description": "The caller's name for this command, kept for ever: the same key again \
            is the same command and does nothing more; for another it is answered 409.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
            "example": "finding-42"}
            """
        ),
        (
            "action",
            """
            {"name": "action", "in": "query", "description": "Only lines of this action.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 64,
            "pattern": "^[a-z._-]+$"}, "example": "credit.grant"}
            """
        ),
        (
            "ifNoneMatch",
            """
            {"name": "If-None-Match", "in": "header", "description": "The ETag that is known.",
            "schema": {"type": "string"}}
            """
        ),
        (
            "stripeSignature",
            """
            {"name": "Stripe-Signature", "in": "header", "required": true,
            "description": "Over the bytes of the body, at most 300 seconds old.",
            "schema": {"type": "string"}}
            """
        ),
        (
            "polloID",
            """
            {"name": "X-Webhook-Id", "in": "header", "required": true,
            "schema": {"type": "string"}}
            """
        ),
        (
            "polloTimestamp",
            """
            {"name": "X-Webhook-Timestamp", "in": "header", "required": true,
            "schema": {"type": "string"}}
            """
        ),
        (
            "polloSignature",
            """
            {"name": "X-Webhook-Signature", "in": "header", "required": true,
            "description": "Over id, timestamp and the bytes of the body.",
            "schema": {"type": "string"}}
            """
        ),
    ]

    /// The words of an enum as members of a JSON array.
    private static func list<Word: RawRepresentable<String>>(_ words: [Word]) -> String {
        words.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
    }

    /// A schema of an object whose members are all there, except those named `optional`.
    private static func object(
        _ members: KeyValuePairs<String, String>, optional: Set<String> = []
    ) -> String {
        let required = members.map(\.key).filter { !optional.contains($0) }
        return """
            {"type": "object",
            "required": [\(required.map { "\"\($0)\"" }.joined(separator: ", "))],
            "properties": {\(members.map { "\"\($0)\": \($1)" }.joined(separator: ", "))}}
            """
    }

    private static func array(of schema: String) -> String {
        #"{"type": "array", "items": \#(schema)}"#
    }

    private static func reference(_ name: String) -> String {
        ##"{"$ref": "#/components/schemas/\##(name)"}"##
    }

    private static let text = #"{"type": "string"}"#
    private static let textOrNull = #"{"type": ["string", "null"]}"#
    private static let number = #"{"type": "integer"}"#
    private static let numberOrNull = #"{"type": ["integer", "null"]}"#
    private static let email = #"{"type": "string", "format": "email", "maxLength": 254}"#
    private static let password = """
        {"type": "string", "minLength": 8, "description": "At most 1024 bytes. Spaces and accents \
        have one form on every keyboard (RFC 8265, OpaqueString)."}
        """
    private static let flag = #"{"type": "boolean"}"#
    private static let id = #"{"type": "string", "format": "uuid"}"#
    private static let time = #"{"type": "string", "format": "date-time"}"#
    private static let timeOrNull = #"{"type": ["string", "null"], "format": "date-time"}"#
    private static let addressOrNull = #"{"type": ["string", "null"], "format": "uri"}"#
    private static let money = #"{"type": "number", "description": "US dollars, exact."}"#
    private static let moneyOrNull = #"{"type": ["number", "null"]}"#
    private static let idOrNull = #"{"type": ["string", "null"], "format": "uuid"}"#
    private static let reason = #"{"type": "string", "minLength": 3, "maxLength": 500}"#
    private static let cursor = #"{"type": ["string", "null"], "format": "uuid"}"#

    private static func page(of item: String) -> String {
        object(["items": array(of: reference(item)), "nextCursor": cursor])
    }

    private static func notifications(allRequired: Bool) -> String {
        let kinds = NoticeKind.optional.map(\.rawValue)
        let required = allRequired ? list(NoticeKind.optional) : ""
        return """
            {"type": "object", "additionalProperties": false, "required": [\(required)],
            "properties": {\(kinds.map { "\"\($0)\": \(flag)" }.joined(separator: ", "))}}
            """
    }

    private static let webhookEvents = """
        {"type": "array", "minItems": 1, "items": {"enum": [\(list(WebhookEvent.allCases))]}}
        """
    private static let webhookStatus = #"{"enum": ["ok", "failing", "off"]}"#
    private static let webhookSecret = """
        {"type": "string", "description": "Never shown again. Signs as Standard Webhooks do."}
        """

    private static let check = #"{"enum": ["ok", "failing", "unknown"]}"#
    private static let fields =
        #"{"type": "object", "additionalProperties": \#(reference("Field"))}"#

    /// By name, in the order in which they are shown.
    static let schemas: [(name: String, text: String)] = [
        (
            "Error",
            object([
                "error": object(
                    [
                        "code": """
                        {"enum": ["INVALID_INPUT", "UNAUTHENTICATED", "INVALID_CREDENTIALS",
                        "INSUFFICIENT_CREDITS", "FORBIDDEN", "NOT_FOUND", "METHOD_NOT_ALLOWED",
                        "ACCOUNT_HELD", "CONFLICT", "IDEMPOTENCY_CONFLICT", "PAYLOAD_TOO_LARGE",
                        "UNSUPPORTED_MEDIA_TYPE", "RATE_LIMITED", "INTERNAL", "API_ERROR"]}
                        """,
                        "message": text,
                        "action": """
                        {"enum": ["correct_input", "sign_in", "purchase_credits", "retry", null]}
                        """,
                        "details": """
                        {"oneOf": [
                        \(array(of: object(["field": text, "message": text]))),
                        \(object(["required": money, "current": money, "shortfall": money])),
                        \(object([
                                "limit": number, "windowSeconds": number,
                                "retryAfterSeconds": number,
                            ]))]}
                        """,
                    ], optional: ["details"]),
                "requestId": text,
            ])
        ),
        ("Live", object(["status": #"{"const": "live"}"#])),
        (
            "Health",
            object([
                "status": #"{"enum": ["healthy", "degraded"]}"#,
                "checks": object([
                    "database": check, "pollo_api": check, "stripe": check,
                    "webhook_receiver": check, "ledger": check, "deadlines": check,
                    "clock": check,
                ]),
                "timestamp": time,
            ])
        ),
        (
            "Field",
            object(
                [
                    "type": #"{"enum": ["string", "integer"]}"#, "required": flag,
                    "minLength": number, "maxLength": number, "minimum": number,
                    "maximum": number, "enum": array(of: text),
                    "default": #"{"type": ["string", "integer"]}"#, "format": text,
                ],
                optional: [
                    "minLength", "maxLength", "minimum", "maximum", "enum", "default", "format",
                ])
        ),
        (
            "Tier",
            object([
                "id": text, "name": text, "model": text, "pricePerSecond": money,
                "prices": #"{"type": "object", "additionalProperties": \#(money)}"#,
                "durations": array(of: number), "requiresImage": flag,
                "features": array(of: text), "popular": flag,
                "fields": object([
                    "text": #"{"oneOf": [\#(fields), {"type": "null"}]}"#,
                    "image": #"{"oneOf": [\#(fields), {"type": "null"}]}"#,
                ]),
            ])
        ),
        ("TierList", object(["items": array(of: reference("Tier"))])),
        (
            "Package",
            object([
                "id": text, "price": money, "credits": money, "bonus": money, "total": money,
                "popular": flag,
            ])
        ),
        ("PackageList", object(["items": array(of: reference("Package"))])),
        (
            "Credentials",
            object([
                "email": email, "password": password,
            ])
        ),
        (
            "User",
            object([
                "id": id, "email": text, "emailVerified": flag,
                "role": #"{"enum": ["user", "admin"]}"#, "createdAt": time,
            ])
        ),
        (
            "Session",
            object(["user": reference("User"), "token": text, "expiresAt": time])
        ),
        (
            "RenewedSession",
            object(
                ["user": reference("User"), "token": text, "expiresAt": time], optional: ["token"])
        ),
        ("ProvedUser", object(["user": reference("User")])),
        ("CheckMail", object(["status": #"{"const": "check_mail"}"#])),
        ("EmailProof", object(["token": text])),
        ("Address", object(["email": email])),
        ("PasswordReset", object(["token": text, "password": password])),
        ("PasswordChange", object(["currentPassword": text, "password": password])),
        (
            "SignIn",
            object([
                "id": id, "isCurrent": flag, "createdAt": time, "lastUsedAt": time,
                "expiresAt": time, "userAgent": text, "address": text,
            ])
        ),
        ("SignInPage", page(of: "SignIn")),
        (
            "Me",
            object([
                "id": id, "email": text, "emailVerified": flag,
                "role": #"{"enum": ["user", "admin"]}"#, "createdAt": time,
                "pendingEmail": textOrNull, "balance": money, "reserved": money,
                "notifications": notifications(allRequired: true),
            ])
        ),
        (
            "MeChange",
            object(
                [
                    "notifications": notifications(allRequired: false), "email": email,
                    "currentPassword": text,
                ], optional: ["notifications", "email", "currentPassword"])
        ),
        (
            "Quote",
            object(
                ["tier": text, "price": money, "balanceAfter": money, "reason": text],
                optional: ["reason"])
        ),
        (
            "AcceptedVideo",
            object(
                [
                    "jobId": id, "jobIds": array(of: id), "taskId": #"{"type": "null"}"#,
                    "status": #"{"const": "pending"}"#, "tier": text, "estimatedCost": money,
                    "estimatedTime": #"{"type": "integer", "description": "Seconds."}"#,
                    "balance": money, "position": number,
                ], optional: ["jobIds"])
        ),
        (
            "Video",
            object(
                [
                    "jobId": id, "taskId": textOrNull, "tier": text,
                    "status": #"{"enum": [\#(list(VideoStatus.allCases))]}"#,
                    "statusDetail": textOrNull, "prompt": text, "negativePrompt": textOrNull,
                    "image": textOrNull, "imageTail": textOrNull, "duration": number,
                    "aspectRatio": textOrNull, "resolution": textOrNull, "mode": textOrNull,
                    "strength": numberOrNull, "seed": numberOrNull, "estimatedCost": money,
                    "userCharged": money, "videoUrl": addressOrNull, "posterUrl": addressOrNull,
                    "position": number,
                    "estimate": object(["p50Seconds": number, "p90Seconds": number]),
                    "error": object([
                        "code": #"{"const": "GENERATION_FAILED"}"#, "message": text,
                        "action": #"{"enum": ["correct_input", "retry"]}"#,
                        "refund": #"{"const": true}"#,
                        "reason": #"{"enum": [\#(list(FailureReason.allCases))]}"#,
                    ]),
                    "createdAt": time, "completedAt": timeOrNull,
                ], optional: ["position", "estimate", "error"])
        ),
        ("VideoPage", page(of: "Video")),
        (
            "Lot",
            object([
                "id": id, "source": #"{"enum": ["purchase", "bonus", "grant"]}"#,
                "remaining": money, "expiresAt": timeOrNull,
            ])
        ),
        (
            "Balance",
            object([
                "available": money, "reserved": money, "lots": array(of: reference("Lot")),
                "shortfall": money,
            ])
        ),
        (
            "Transaction",
            object(
                [
                    "id": id, "type": #"{"enum": [\#(list(TransactionType.allCases))]}"#,
                    "amount": money, "balanceAfter": money, "description": text, "jobId": id,
                    "purchaseId": id, "createdAt": time,
                ], optional: ["jobId", "purchaseId"])
        ),
        ("TransactionPage", page(of: "Transaction")),
        ("PurchaseOrder", object(["packageId": text])),
        (
            "Checkout",
            object([
                "purchaseId": id, "sessionId": text,
                "url": #"{"type": "string", "format": "uri"}"#,
            ])
        ),
        (
            "Purchase",
            object(
                [
                    "id": id, "packageId": text,
                    "status": #"{"enum": [\#(list(Purchase.State.allCases))]}"#, "price": money,
                    "credits": money, "bonus": money, "total": money, "url": addressOrNull,
                    "createdAt": time, "paidAt": timeOrNull,
                ], optional: ["url"])
        ),
        (
            "AttentionList",
            object([
                "items": array(
                    of: object([
                        "kind": """
                        {"enum": ["parked_video", "uncertain_video", "vendor_loss",
                        "purchase_problem", "dispute", "refund_failed", "difference", "unknown",
                        "event", "pause", "unhealthy",
                        "quarantine", "books", "late", "approval"]}
                        """,
                        "subject": text, "differenceId": idOrNull, "findingId": idOrNull,
                        "amount": moneyOrNull, "detail": text, "since": time,
                    ]))
            ])
        ),
        (
            "Reconciliation",
            object([
                "startedAt": time, "finishedAt": timeOrNull,
                "items": array(
                    of: object([
                        "kind": """
                        {"enum": ["ledger", "payment", "refund", "dispute", "task", "balance"]}
                        """,
                        "jobId": idOrNull, "purchaseId": idOrNull, "amount": moneyOrNull,
                        "detail": text,
                    ])),
                "unknown": array(
                    of: object([
                        "part": #"{"enum": ["ledger", "stripe", "tasks", "balance"]}"#,
                        "since": timeOrNull, "problem": text,
                    ])),
            ])
        ),
        (
            "AuditLine",
            object([
                "id": id, "actorId": idOrNull, "systemUser": textOrNull, "action": text,
                "subject": text, "reason": text, "detail": text, "createdAt": time,
            ])
        ),
        ("AuditPage", page(of: "AuditLine")),
        ("Closure", object(["reason": reason])),
        ("Command", object(["reason": reason, "dryRun": flag], optional: ["dryRun"])),
        (
            "Adjustment",
            object(
                [
                    "reason": reason, "amount": money, "dryRun": flag,
                    "reverse": #"{"type": "string", "maxLength": 240}"#,
                ], optional: ["amount", "dryRun", "reverse"])
        ),
        (
            "Taking",
            object(["reason": reason, "amount": money, "dryRun": flag], optional: ["dryRun"])
        ),
        (
            "Waiver",
            object(
                ["reason": reason, "amount": money, "dryRun": flag],
                optional: ["amount", "dryRun"])
        ),
        (
            "CommandReport",
            object([
                "outcome": #"{"enum": ["done", "repeated", "waits", "rehearsed"]}"#,
                "changes": array(of: text),
            ])
        ),
        (
            "RefundOrder",
            object(["reason": reason, "amount": money], optional: ["amount"])
        ),
        (
            "Resolution",
            object(
                ["reason": reason, "taskId": #"{"type": "string", "maxLength": 255}"#],
                optional: ["taskId"])
        ),
        (
            "WebhookEndpoint",
            object([
                "id": id, "url": text, "events": webhookEvents, "status": webhookStatus,
                "failingSince": timeOrNull, "createdAt": time,
            ])
        ),
        (
            "NewWebhookEndpoint",
            object([
                "id": id, "url": text, "events": webhookEvents, "status": webhookStatus,
                "failingSince": timeOrNull, "createdAt": time, "secret": webhookSecret,
            ])
        ),
        (
            "WebhookEndpointList",
            object(["items": array(of: reference("WebhookEndpoint")), "nextCursor": cursor])
        ),
        (
            "WebhookEndpointDraft",
            object(
                [
                    "url": #"{"type": "string", "format": "uri", "maxLength": 2000}"#,
                    "events": webhookEvents,
                ], optional: ["events"])
        ),
        ("WebhookSecret", object(["secret": webhookSecret])),
        (
            "WebhookDelivery",
            object([
                "id": id, "type": text, "jobId": idOrNull, "url": text,
                "status": #"{"enum": ["pending", "delivered", "failed"]}"#, "createdAt": time,
                "deliveredAt": timeOrNull, "nextAttemptAt": timeOrNull,
                "attempts": array(
                    of: object([
                        "attempt": number, "statusCode": numberOrNull, "problem": textOrNull,
                        "milliseconds": number, "at": time,
                    ])),
            ])
        ),
        ("WebhookDeliveryPage", page(of: "WebhookDelivery")),
        ("Event", #"{"type": "object"}"#),
        ("Received", object(["received": #"{"const": true}"#])),
        ("Description", #"{"type": "object"}"#),
    ]
}
