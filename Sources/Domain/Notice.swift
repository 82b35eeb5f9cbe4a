package import Addresses
package import FoundationEssentials
import JSON
import Texts

/// A mail that the shop sends by itself.
package enum NoticeKind: String, CaseIterable, Sendable {
    case videoReady, videoFailed, receipt, creditLapsing, lowBalance
    case addressToProve, passwordToReset, passwordChanged, addressChanging, addressChanged
    case addressInUse, signInsRefused
    case secondFactorOn, secondFactorOff, recoveryCodeUsed
    case accountLeaving, exportReady
    case webhookFailing, webhookOff
    case test

    /// Those that each user may switch off: not what keeps an account safe.
    package static let optional: [NoticeKind] = [
        .videoReady, .videoFailed, .receipt, .creditLapsing, .lowBalance,
    ]

    package var isOptional: Bool { Self.optional.contains(self) }
}

/// What a user is told by mail: no more than is needed to find the rest when it is sent.
package enum Notice: Equatable, Sendable {
    case videoReady(VideoID)
    /// The job's price went back to the balance.
    case videoFailed(VideoID)
    /// All that one order made has ended, and some of it, or nothing, is ready.
    case videosReady(GenerateCallID)
    case videosFailed(GenerateCallID)
    case receipt(PurchaseID)
    /// `amount` lapses from `lapsesAt` on, unless it is used.
    case creditLapsing(amount: Money, lapsesAt: Date)
    case lowBalance(available: Money)
    /// Holds the link that proves an address; it goes to that address.
    case addressToProve(MailTokenID)
    /// Holds the link that sets a new password.
    case passwordToReset(MailTokenID)
    case passwordChanged
    /// Somebody who knows the password has asked for another address.
    case addressChanging(to: String)
    /// Goes to the address that the account had before.
    case addressChanged(from: String, to: String)
    /// Somebody asked for an account with the address of this one, or to move one to it.
    case addressInUse
    /// Wrong passwords were tried, more than a person mistypes.
    case signInsRefused
    /// Signing in takes a code from now on, or none any more.
    case secondFactorOn, secondFactorOff
    /// The file with all their data is there.
    case exportReady
    /// The account is removed then, unless its owner takes that back.
    case accountLeaving(at: Date)
    /// `left` are not used.
    case recoveryCodeUsed(left: Int)

    /// An endpoint of this address has failed, and what it is to be told waits.
    case webhookFailing(String)
    /// It has failed for so long that it is called no more.
    case webhookOff(String)
    /// Nothing: an operator sent it to see whether it arrives.
    case test

    /// Who gets it, when that is not the account's own address.
    package var recipient: String? {
        if case .addressChanged(let old, _) = self { old } else { nil }
    }

    package var kind: NoticeKind {
        switch self {
        case .videoReady, .videosReady: .videoReady
        case .videoFailed, .videosFailed: .videoFailed
        case .receipt: .receipt
        case .creditLapsing: .creditLapsing
        case .lowBalance: .lowBalance
        case .addressToProve: .addressToProve
        case .passwordToReset: .passwordToReset
        case .passwordChanged: .passwordChanged
        case .addressChanging: .addressChanging
        case .addressChanged: .addressChanged
        case .addressInUse: .addressInUse
        case .signInsRefused: .signInsRefused
        case .secondFactorOn: .secondFactorOn
        case .secondFactorOff: .secondFactorOff
        case .recoveryCodeUsed: .recoveryCodeUsed
        case .accountLeaving: .accountLeaving
        case .exportReady: .exportReady
        case .webhookFailing: .webhookFailing
        case .webhookOff: .webhookOff
        case .test: .test
        }
    }
}

/// Below this the balance is low, and its user is told once.
package let lowBalanceThreshold = Money(micros: 5_000_000)

/// What a user's own server can be told of.
package enum WebhookEvent: String, CaseIterable, Sendable {
    case videoCompleted = "video.completed"
    case videoFailed = "video.failed"
    case creditsLow = "credits.low"
}

package enum WebhookEndpointKind {}
package typealias WebhookEndpointID = ID<WebhookEndpointKind>

/// An address of a user's own server, as it was asked for.
package struct WebhookEndpointDraft: Equatable, Sendable {
    /// How many a user may have.
    package static let limit = 10

    package let url: String
    package let events: [WebhookEvent]

    package static let url = Input.text(
        "url", atMost: 2000, format: "uri", example: "https://example.org/hooks/rushes")
    /// All of them when they are left out.
    package static let events = Input<[WebhookEvent]>(
        "events",
        as: .array(of: .words(WebhookEvent.allCases.map(\.rawValue))).with("minItems", "1"),
        isRequired: false
    ) { reader, name in
        guard let value = reader.value(name) else { return WebhookEvent.allCases }
        let named = value.array?.map { $0.string.flatMap(WebhookEvent.init(rawValue:)) } ?? []
        let known = named.compactMap { $0 }
        if named.isEmpty || known.count != named.count {
            let names = WebhookEvent.allCases.map(\.rawValue)
            reader.refuse(name, .eventsMalformed, ["names": .list(names)])
        }
        return WebhookEvent.allCases.filter(known.contains)
    }

    /// Judges `url` and `events` (all of them when left out), naming every bad field.
    ///
    /// - Parameter exceptOrigins: origins that are taken although they are neither HTTPS nor
    ///   public: the sandbox of development.
    package init(_ members: FieldReader, exceptOrigins: [Origin]) throws {
        var reader = members
        let url = reader.read(Self.url).flatMap {
            reader.publicAddress("url", $0, except: exceptOrigins)
        }
        if url == nil { reader.refuse("url", .endpointAddressNeeded) }
        let events = reader.read(Self.events) ?? []
        try reader.finish()
        self.url = url ?? ""
        self.events = events
    }
}

/// When a delivery is tried again.
package enum RetrySchedule: Sendable {
    /// For a user's own server: 5 s, 5 min, 30 min, 1 h, 2 h, 4 h, 6 h and the rest of 24 hours.
    case webhook
    /// For a mail server: half a minute to begin with, two days together.
    case mail

    private var seconds: [Int] {
        switch self {
        case .webhook: [5, 300, 1800, 3600, 7200, 14_400, 21_600, 37_495]
        case .mail: [30, 300, 900, 3600, 7200, 14_400, 28_800, 43_200, 86_400]
        }
    }

    /// How long to wait after that many failures in a row, the first included; nil when it is
    /// given up.
    package func delay(afterFailures failures: Int) -> Duration? {
        precondition(failures > 0, "nothing has failed")
        return failures <= seconds.count ? .seconds(seconds[failures - 1]) : nil
    }
}
