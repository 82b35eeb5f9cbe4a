import Addresses
package import Domain
import JSON
import Ledger
package import MariaDB
package import Store

/// What tests of the books begin with, made by the very functions that the shop uses.
extension Connection {
    /// A new account with `credit` as one grant that lasts 90 days, and the user who owns it.
    package func insertAccount(credit: Money = .zero, role: User.Role = .user) throws -> AccountID {
        let (user, account) = (UserID.new(), AccountID.new())
        try createUser(
            user, owning: account, email: "\(user)@example.org", passwordHash: "$argon2id$",
            role: role)
        if credit > .zero { try insertGrant(credit, of: account) }
        return account
    }

    /// The user who owns an account.
    package func owner(of account: AccountID) throws -> UserID {
        try first("SELECT \(sql: .owner(of: account)) AS id") { try $0("id") as UserID }
            .orThrow("an owner")
    }

    /// The address of the user who owns an account.
    package func address(ofOwnerOf account: AccountID) throws -> String {
        "\(try owner(of: account))@example.org"
    }

    /// A new user who owns an account.
    package func insertUser(role: User.Role = .user) throws -> UserID {
        try owner(of: insertAccount(role: role))
    }

    @discardableResult
    package func insertGrant(_ amount: Money, of account: AccountID) throws -> LotID {
        let before = Set(try lotRows(of: account).map(\.id))
        try grantCredit(amount, to: account, reason: "for a test", policy: .test, grant: .new())
        return try lotRows(of: account).map(\.id).first { !before.contains($0) }.orThrow("a lot")
    }

    /// An order of `package` whose session Stripe has made.
    package func insertPurchase(
        _ package: String = "starter", of account: AccountID, session: String? = nil,
        isLive: Bool = false
    ) throws -> Purchase {
        let id = PurchaseID.new()
        let package = try catalog(version: 1).package(package).orThrow(package)
        try insertPurchase(
            id, of: package, catalogVersion: 1, for: account, by: owner(of: account),
            isLive: isLive)
        let session = session ?? "cs_\(id)"
        try setSession(session, url: "https://stripe.example/\(session)", of: id)
        return try purchase(id).orThrow("purchase")
    }

    /// An order of videos of one tier, as a request would make it.
    package func order(
        _ tier: String = "economy", seconds: Int = 5, count: Int = 1, image: String? = nil,
        undoSeconds: Int = 0
    ) throws -> VideoOrder {
        var members: [String: JSONValue] = [
            "tier": .string(tier), "duration": .integer(Int64(seconds)),
            "count": .integer(Int64(count)), "undoSeconds": .integer(Int64(undoSeconds)),
            "prompt": .string("A fox runs through fresh snow"),
        ]
        if let image { members["image"] = .string(image) }
        // A picture may lie on a server of the test's own.
        let draft = try VideoDraft(
            .object(members), catalog: catalog(version: 1),
            own: image.flatMap { WebURL(link: $0)?.origin })
        return VideoOrder(
            call: .new(), draft: draft, catalogVersion: 1,
            videos: (0..<count).map { _ in (id: .new(), callbackToken: "\(VideoID.new())") },
            estimatedSeconds: 120)
    }

    /// Accepts an order with the settings of a shop that has no limit on calls.
    @discardableResult
    package func accept(
        _ order: VideoOrder, from account: AccountID, key: ClientKey? = nil,
        limit: CallLimit = CallLimit(calls: 1_000_000, window: .seconds(900))
    ) throws -> StoredAnswer {
        try accept(
            order, from: account, by: owner(of: account), key: key, limit: limit,
            queueDeadline: .seconds(3600)
        ).stored
    }

    /// An account with credit that was given and bought, a video that was delivered and one that was
    /// given back.
    package func insertCustomer(task: String = "task") throws -> AccountID {
        let account = try insertAccount(credit: .dollars(5))
        try buy("standard", for: account)
        _ = try insertJob(of: account)
        try advanceJob(to: .delivered, task: "\(task)-1")
        _ = try insertJob(of: account)
        try advanceJob(to: .refunded, task: "\(task)-2")
        return account
    }

    /// A job of one economy video ($1.00) in the queue.
    package func insertJob(
        of account: AccountID, tier: String = "economy", image: String? = nil
    ) throws -> VideoID {
        let order = try order(tier, image: image)
        try accept(order, from: account)
        return order.videos[0].id
    }

    /// Claims the one job that is to be submitted.
    package func claimToSubmit() throws -> ClaimedJob {
        try claimSubmission(lasting: .seconds(150), parallel: 1000).orThrow("a job to submit")
    }

    /// Claims the one job that is to be looked at, or whose file is to be fetched.
    package func claimToFollow() throws -> ClaimedJob {
        try (claimFollowUp(lasting: .seconds(240)) ?? claimStoring(lasting: .seconds(240)))
            .orThrow("a job to look at")
    }

    /// Brings the one queued job to `state`, by the way that a video goes.
    package func advanceJob(to state: VideoState, task: String = "task-1") throws {
        guard state != .queued else { return }
        let submitting = try claimToSubmit()
        switch state {
        case .submitting: return
        case .submitUnknown: return try loseAnswer(of: submitting)
        default: break
        }
        try submitted(submitting, task: task)
        guard state != .submitted else { return }
        let following = try claimToFollow()
        if state == .refunded { return try refund(following) }
        let storing = try storing(following)
        if state == .delivered { try deliver(storing) }
    }
}

// MARK: - Transitions with the settings of a shop

extension Connection {
    /// Nobody has seen on a page what the mails that wait tell of.
    package func makeMailDue() throws {
        try execute(
            """
            UPDATE outbox SET next_attempt_at = UTC_TIMESTAMP(6)
            WHERE channel = 'mail' AND next_attempt_at IS NOT NULL
            """)
    }

    package func submitted(_ job: ClaimedJob, task: String) throws {
        try submitted(
            job, taskID: task, firstPollAfter: .zero, renderDeadline: .seconds(1200))
    }

    package func requeue(_ job: ClaimedJob) throws {
        try requeue(job, after: .zero, detail: "full")
    }

    package func loseAnswer(of job: ClaimedJob) throws {
        try submitUnknown(
            job, detail: "reset", unknownDeadline: .seconds(2700), renderDeadline: .seconds(1200))
    }

    /// The claim of who fetches the file then: of the one job that is to be stored.
    package func storing(_ job: ClaimedJob) throws -> ClaimedJob {
        try storing(job, storeDeadline: .seconds(86_400))
        return try claimStoring(lasting: .seconds(240)).orThrow("a job to store")
    }

    package func deliver(_ job: ClaimedJob) throws {
        try deliver(
            job, file: .sample, path: VideoFile.path(of: job.id), actualCost: Money(cents: 35))
    }

    package func refund(_ job: ClaimedJob, _ reason: FailureReason = .vendorFailed) throws {
        try refund(job, reason: reason, detail: "test", policy: .test)
    }

    package func hint(token: String, task: String) throws -> VideoID? {
        try hint(callbackToken: token, taskID: task, renderDeadline: .seconds(1200))
    }

    package func sweepLostSubmissions() throws -> Int {
        try sweepLostSubmissions(
            unknownDeadline: .seconds(2700), renderDeadline: .seconds(1200))
    }

    @discardableResult
    package func sweepOverdueJobs() throws -> [VideoID] {
        try sweepOverdueJobs(policy: .test, extendingBy: .seconds(600)).map(\.id)
    }
}

extension CreditPolicy {
    /// Credit lasts 90 days, and 7 more when a failed job returned it.
    package static let test = CreditPolicy(expiry: .seconds(90 * 86_400))
}

extension Seller {
    package static let test = Seller(
        name: "Test Films", address: "1 Main St", taxID: "", taxLine: "No tax is charged.")
}

extension VideoFile {
    package static let sample = VideoFile(
        sizeBytes: 1234, checksum: String(repeating: "ab", count: 32),
        durationMilliseconds: 5000, width: 640, height: 360, hasPoster: true)
}

extension Money {
    package static func dollars(_ dollars: Int64) -> Money { Money(cents: dollars * 100) }
}

/// A thing that a test takes for granted is not there.
package struct Missing: Error {
    let what: String

    package init(_ what: String) {
        self.what = what
    }
}

extension Optional {
    package func orThrow(_ what: String) throws -> Wrapped {
        guard let self else { throw Missing(what) }
        return self
    }
}

extension PaymentFacts {
    /// What Stripe says of the session of `purchase`; paid in full, unless said otherwise.
    package static func of(
        _ purchase: Purchase, _ progress: Progress = .paid, total: Money? = nil,
        intent: String? = nil
    ) -> PaymentFacts {
        PaymentFacts(
            sessionID: purchase.sessionID ?? "cs_late", progress: progress, isPaymentMode: true,
            subtotal: total ?? purchase.price, total: total ?? purchase.price, currency: "usd",
            isLive: purchase.isLive, reference: purchase.id.description,
            paymentIntent: intent ?? "pi_\(purchase.id)")
    }
}

extension Connection {
    /// Buys a package: an order, and Stripe's word that it is paid.
    @discardableResult
    package func buy(_ package: String, for account: AccountID) throws -> Purchase {
        let purchase = try insertPurchase(package, of: account)
        return try apply(.of(purchase), to: purchase.id, policy: .test).purchase
    }
}
