import BooksSupport
import DatabaseSupport
import Domain
import Ledger
import MariaDB
import Store
import Testing

/// What is told by mail of videos that have ended.
struct VideoNoticeTests {
    private struct Shop {
        let db: Connection
        let configuration: DatabaseConfiguration
        let account: AccountID
        let user: UserID

        /// Orders as many as there are ends, and ends them in this order.
        @discardableResult
        func end(_ states: [VideoState]) throws -> VideoOrder {
            let order = try db.order(count: states.count)
            try db.accept(order, from: account)
            for (video, state) in zip(order.videos, states) {
                try db.advanceJob(to: state, task: "task-\(video.id)")
            }
            return order
        }

        /// The mails that wait, newest last: of what, and about which video or order.
        func waiting() throws -> [String] {
            try db.query(
                """
                SELECT topic, COALESCE(JSON_VALUE(payload, '$.job'),
                    JSON_VALUE(payload, '$.call')) AS subject
                FROM outbox
                WHERE channel = 'mail' AND sent_at IS NULL AND topic LIKE 'video%'
                ORDER BY id
                """
            ) { row in try "\(row("topic") as String) \(row("subject") as String)" }
        }
    }

    private func withShop(_ body: (Shop) throws -> Void) throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            try db.setMail(isOn: true)
            let account = try db.insertAccount(credit: .dollars(50))
            try body(
                Shop(
                    db: db, configuration: configuration, account: account,
                    user: db.owner(of: account)))
        }
    }

    @Test(arguments: [
        [VideoState.delivered, .delivered], [.delivered, .refunded, .refunded],
        [.refunded, .refunded, .delivered], [.refunded, .refunded],
    ])
    func `those of one order are told together when the last has ended`(_ states: [VideoState])
        throws
    {
        try withShop { shop in
            let order = try shop.db.order(count: states.count)
            try shop.db.accept(order, from: shop.account)
            for (video, state) in zip(order.videos, states) {
                #expect(try shop.waiting() == [])
                try shop.db.advanceJob(to: state, task: "task-\(video.id)")
            }
            #expect(
                try shop.waiting() == [
                    "\(states.contains(.delivered) ? "videoReady" : "videoFailed") \(order.call)"
                ])
            try expectCleanBooks(shop.db)
        }
    }

    @Test func `one that its account canceled is not told of, and holds no other back`() throws {
        try withShop { shop in
            let order = try shop.db.order(count: 3)
            try shop.db.accept(order, from: shop.account)
            let ids = order.videos.map(\.id)
            try shop.db.advanceJob(to: .delivered, task: "task-1")
            try shop.db.cancel(ids[1], of: shop.account, policy: .test)
            #expect(try shop.waiting() == [])
            try shop.db.cancel(ids[2], of: shop.account, policy: .test)
            #expect(try shop.waiting() == ["videoReady \(ids[0])"])
            let other = try shop.db.order(count: 2)
            try shop.db.accept(other, from: shop.account)
            for video in other.videos {
                try shop.db.cancel(video.id, of: shop.account, policy: .test)
            }
            #expect(try shop.waiting().count == 1)
        }
    }

    @Test func `who wants no mail about the ready ones is told of those that failed`() throws {
        try withShop { shop in
            try shop.db.changeMutedNotices(of: shop.user, [.videoReady: false])
            try shop.end([.delivered, .delivered])
            #expect(try shop.waiting() == [])
            let mixed = try shop.end([.delivered, .refunded])
            #expect(try shop.waiting() == ["videoFailed \(mixed.call)"])
        }
    }

    @Test func `two that end at once are told of once`() throws {
        try withShop { shop in
            for round in 1...12 {
                let order = try shop.db.order(count: 2)
                try shop.db.accept(order, from: shop.account)
                let claims = try order.videos.map { video in
                    try shop.db.submitted(shop.db.claimToSubmit(), task: "task-\(video.id)")
                    return try shop.db.claimToFollow()
                }
                let configuration = shop.configuration
                _ = try inParallel(2) { index in
                    try Connection(configuration).refund(claims[index])
                }
                #expect(try shop.waiting().count == round)
            }
        }
    }

    @Test func `what its user has seen on a page is not told by mail, unless it was sent`() throws {
        try withShop { shop in
            let elsewhere = try shop.db.insertAccount(credit: .zero)
            let other = try shop.db.owner(of: elsewhere)
            func see(_ id: VideoID) throws {
                try shop.db.noteSeen(id, by: shop.user, of: shop.account)
            }
            let one = try shop.end([.delivered]).videos[0].id
            #expect(try shop.db.claimMail(lasting: .seconds(60)) == nil)
            #expect(throws: NotFound.self) {
                try shop.db.noteSeen(one, by: other, of: elsewhere)
            }
            #expect(throws: NotFound.self) { try see(.new()) }
            // Somebody else of the account has seen it; who ordered it has not.
            try shop.db.noteSeen(one, by: other, of: shop.account)
            #expect(try shop.waiting() == ["videoReady \(one)"])
            try see(one)
            #expect(try shop.waiting() == [])
            let batch = try shop.end([.delivered, .refunded])
            try see(batch.videos[0].id)
            #expect(try shop.waiting() == [])
            // One whose mail goes out just now.
            let late = try shop.end([.refunded]).videos[0].id
            try shop.db.makeMailDue()
            let mail = try shop.db.claimMail(lasting: .seconds(60)).orThrow("a mail")
            try see(late)
            try shop.db.noteSent(mail.claim)
            #expect(try shop.db.count("SELECT COUNT(*) FROM outbox WHERE sent_at IS NOT NULL") == 1)
        }
    }
}
