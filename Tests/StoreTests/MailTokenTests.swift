import BooksSupport
import DatabaseSupport
import Domain
import FoundationEssentials
import Ledger
import MariaDB
import Store
import Testing

struct MailTokenTests {
    private func link() -> NewMailToken {
        let id = MailTokenID.new()
        return NewMailToken(id: id, hash: Array(id.description.utf8.prefix(32)))
    }

    private func registration(_ email: String) -> Registration {
        Registration(
            id: .new(), account: .new(), email: email, passwordHash: "$argon2id$", link: link())
    }

    /// The answer to COMMIT is lost in each of these, so they run again.
    @Test func `an outcome that was committed without our knowing is found, and made once`() throws
    {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            try db.setMail(isOn: true)
            let proxy = try CuttingProxy(before: configuration)
            let cut = Connection(proxy.configuration(configuration), pause: { _ in })
            func losing<T>(_ body: () throws -> T) throws -> T {
                proxy.arm(.afterAnswer, at: "COMMIT")
                return try body()
            }
            let new = registration("new@example.org")
            #expect(try losing { try cut.register(new) })
            #expect(try db.count("SELECT COUNT(*) FROM outbox") == 1)
            let user = try losing {
                try cut.proveAddress(
                    tokenHash: new.link.hash, credit: .dollars(2), policy: .test)
            }
            #expect(user.isEmailVerified)
            #expect(try db.balance(of: new.account).available == .dollars(2))

            let move = link()
            try losing { try cut.mailChange(move, of: new.id, to: "moved@example.org") }
            let moved = try losing {
                try cut.proveAddress(tokenHash: move.hash, credit: .dollars(2), policy: .test)
            }
            #expect(moved.email == "moved@example.org")
            let reset = link()
            try losing { try cut.mailReset(reset, to: "moved@example.org") }
            #expect(
                try losing {
                    try cut.resetPassword(
                        tokenHash: reset.hash, to: "$new$", credit: .dollars(2), policy: .test)
                } == new.id)
            try losing {
                try cut.changePassword(of: new.id, from: "$new$", to: "$newer$", keeping: nil)
            }
            #expect(try db.passwordHash(of: new.id) == "$newer$")
            #expect(try db.balance(of: new.account).available == .dollars(2))
            let topics = try db.query("SELECT topic FROM outbox ORDER BY id") { row in
                try row("topic") as String
            }
            #expect(
                topics == [
                    "addressToProve", "addressToProve", "addressChanging", "addressChanged",
                    "passwordToReset", "passwordChanged", "passwordChanged",
                ])
            try expectCleanBooks(db)
        }
    }

    @Test func `of two that register an address at once one gets it`() throws {
        try withFreshDatabase { configuration in
            let made = try inParallel(8) { _ in
                try Connection(configuration).register(registration("new@example.org"))
            }
            #expect(made.count { $0 } == 1)
            let db = Connection(configuration)
            #expect(try db.count("SELECT COUNT(*) FROM users") == 1)
            #expect(try db.count("SELECT COUNT(*) FROM wallets") == 1)
            #expect(try db.count("SELECT COUNT(*) FROM mail_tokens") == 8)
        }
    }

    @Test func `an address that somebody registered since is not moved to`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let user = try db.insertUser()
            let move = link()
            try db.mailChange(move, of: user, to: "wanted@example.org")
            #expect(try db.register(registration("wanted@example.org")))
            #expect(throws: InvalidMailToken.self) {
                try db.proveAddress(tokenHash: move.hash, credit: .zero, policy: .test)
            }
            #expect(try db.user(user)?.email == "\(user)@example.org")
        }
    }

    @Test func `a password that was changed meanwhile is not changed again`() throws {
        try withDatabase { db in
            let user = try db.insertUser()
            try db.changePassword(of: user, from: "$argon2id$", to: "$one$", keeping: nil)
            #expect(throws: Conflict.self) {
                try db.changePassword(of: user, from: "$argon2id$", to: "$two$", keeping: nil)
            }
            #expect(try db.passwordHash(of: user) == "$one$")
        }
    }

    @Test func `a blocked account gets no link, and a link of it opens nothing`() throws {
        try withDatabase { db in
            let user = try db.insertUser()
            let before = link()
            try db.mailReset(before, to: "\(user)@example.org")
            try db.execute("UPDATE users SET blocked_at = UTC_TIMESTAMP(6) WHERE id = \(user)")
            let after = link()
            try db.mailReset(after, to: "\(user)@example.org")
            for link in [before, after] {
                #expect(try db.resettable(tokenHash: link.hash) == nil)
                #expect(throws: InvalidMailToken.self) {
                    try db.resetPassword(
                        tokenHash: link.hash, to: "x", credit: .zero, policy: .test)
                }
            }
        }
    }

    @Test func `what is over is taken away a day later`() throws {
        try withDatabase { db in
            let user = try db.insertUser()
            let old = link()
            try db.mailReset(old, to: "\(user)@example.org")
            try db.purgeMailTokens()
            #expect(try db.resettable(tokenHash: old.hash)?.id == user)
            try db.execute(
                "UPDATE mail_tokens SET expires_at = expires_at - INTERVAL 2 DAY")
            try db.purgeMailTokens()
            #expect(
                try db.count("SELECT COUNT(*) FROM mail_tokens WHERE user_id = \(user)") == 0)
            let key = ThrottleKey(Array(repeating: 9, count: 32), .account)
            try db.countTry([key])
            try db.purgeThrottles()
            #expect(try db.count("SELECT COUNT(*) FROM throttles") >= 1)
            try db.execute("UPDATE throttles SET tried_at = tried_at - INTERVAL 8 DAY")
            try db.purgeThrottles()
            #expect(try db.count("SELECT COUNT(*) FROM throttles") == 0)
        }
    }
}
