import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import MariaDB
import Store
import Testing

@testable import Console
@testable import Web

/// What operators see of the shop's health, and try.
@Suite struct `The shop's health` {
    private static let path = "/api/admin/health"

    private func check(_ answer: Answer, _ name: String) -> JSONValue? {
        answer.json["checks"]?.array?.first { $0["name"]?.string == name }
    }

    @Test func `each check tells its state, since when, and how it was before`() throws {
        try withFreshSite { site in
            let administrator = try site.makeAdministrator()
            let first = try site.get(Self.path, as: administrator)
            #expect(first.status == 200)
            #expect(check(first, "database")?["state"] == "ok")
            #expect(check(first, "stripe")?["state"] == "unknown")
            #expect(check(first, "stripe")?["checkedAt"] == .null)
            #expect(first.json["changes"]?.array?.isEmpty == true)
            for (isHealthy, detail) in [
                (true, "answers"), (true, "answers well"), (false, "HTTP 503"),
                (false, "HTTP 500"), (true, "answers"),
            ] {
                try site.database.setHealth("stripe", isHealthy: isHealthy, detail: detail)
            }
            try site.database.setHealth("disk", isHealthy: false, detail: "2 of 100 GB are free")
            let now = try site.get(Self.path, as: administrator)
            #expect(check(now, "stripe")?["state"] == "ok")
            #expect(check(now, "disk")?["state"] == "failing")
            #expect(check(now, "disk")?["detail"]?.string == "2 of 100 GB are free")
            // What only went on as it was is no change.
            let stripe = (now.json["changes"]?.array ?? []).filter { $0["name"] == "stripe" }
            #expect(stripe.map { $0["isHealthy"]?.bool } == [true, false, true])
            #expect(stripe.map { $0["detail"]?.string } == ["answers", "HTTP 503", "answers"])
            // One that nobody has looked at for long fails, whatever was found then.
            try site.database.execute(
                "UPDATE health_checks SET checked_at = checked_at - INTERVAL 1 HOUR")
            let later = try site.get(Self.path, as: administrator)
            #expect(check(later, "stripe")?["state"] == "failing")
        }
    }

    @Test func `what changed is forgotten after 90 days, and a lost line is written later`() throws
    {
        try withFreshSite { site in
            let database = site.database
            try database.setHealth("stripe", isHealthy: true, detail: "old")
            try database.execute("DELETE FROM health_changes")
            try database.setHealth("stripe", isHealthy: true, detail: "new")
            #expect(try database.healthChanges(limit: 9).map(\.detail) == ["new"])
            #expect(try database.purgeHealthChanges() == 0)
            try database.execute(
                "UPDATE health_changes SET changed_at = changed_at - INTERVAL 91 DAY")
            #expect(try database.purgeHealthChanges() == 1)
            #expect(try database.healthChanges(limit: 9).isEmpty)
        }
    }

    @Test func `workers, what is paused, and what is done in turn are told`() throws {
        try withFreshSite { site in
            let administrator = try site.makeAdministrator()
            let (lively, silent) = (
                WorkerProcess(host: "shop-1", number: 7), WorkerProcess(host: "shop-2", number: 8)
            )
            try site.database.noteWorker(lively, room: (freeBytes: 5, sizeBytes: 9))
            try site.database.noteWorker(silent, room: nil)
            try site.database.execute(
                """
                UPDATE workers SET seen_at = seen_at - INTERVAL 61 SECOND WHERE id = \(silent.id)
                """)
            try site.database.pause(tier: "pro", for: .seconds(60), reason: "HTTP 503")
            _ = try site.database.takeTurn("audit", every: .seconds(60), lasting: .seconds(60)) {
                _ in .done
            }
            let answer = try site.get(Self.path, as: administrator)
            let workers = answer.json["workers"]?.array ?? []
            func worker(_ process: WorkerProcess) -> JSONValue? {
                workers.first { $0["id"]?.string == "\(process.id)" }
            }
            #expect(workers.count == 2)
            #expect(worker(lively)?["isSilent"] == .bool(false))
            #expect(worker(lively)?["freeBytes"] == .integer(5))
            #expect(worker(lively)?["version"]?.string == programVersion)
            #expect(worker(silent)?["isSilent"] == .bool(true))
            #expect(worker(silent)?["freeBytes"] == .null)
            let gate = answer.json["gates"]?.array?.first
            #expect(gate?["name"] == "tier:pro" && gate?["reason"] == "HTTP 503")
            let schedule = answer.json["schedules"]?.array?.first { $0["name"] == "audit" }
            #expect(schedule?["doneAt"]?.string != nil && schedule?["problem"] == .null)
            #expect(answer.json["versions"]?["schema"]?.string?.isEmpty == false)

            try site.database.forgetWorker(lively.id)
            #expect(try site.database.purgeWorkers() == 0)
            try site.database.execute("UPDATE workers SET seen_at = seen_at - INTERVAL 1 DAY")
            #expect(try site.database.workers().isEmpty)
            #expect(try site.database.purgeWorkers() == 1)
        }
    }

    @Test func `the vendors are asked at once, but not more than once in ten seconds`() throws {
        try withFreshSite { site in
            let administrator = try site.makeAdministrator()
            let database = site.database
            func ask() throws {
                let answer = try site.post("\(Self.path)/checks", "", as: administrator)
                #expect(answer.status == 202)
                #expect(answer.json["since"]?.string != nil)
            }
            func turn(_ name: String) throws -> Bool {
                try database.takeTurn(name, every: .seconds(600), lasting: .seconds(60)) { _ in
                    .done
                }
            }
            for name in ["stripe", "pollo_api", "audit"] { #expect(try turn(name)) }
            try ask()
            // They were just asked.
            for name in ["stripe", "pollo_api"] { #expect(try !turn(name)) }
            try database.execute("UPDATE schedules SET done_at = done_at - INTERVAL 11 SECOND")
            for name in ["stripe", "pollo_api"] { #expect(try !turn(name)) }
            try ask()
            for name in ["stripe", "pollo_api"] { #expect(try turn(name)) }
            // What is not a question to a vendor is not begun.
            #expect(try !turn("audit"))
        }
    }

    @Test func `a test mail goes to the operator's own proved address, a few in a row`() throws {
        try withFreshSite { site in
            let administrator = try site.makeAdministrator()
            let other = try site.makeAdministrator()
            func send() throws -> Answer {
                try site.post("\(Self.path)/mail", "", as: administrator)
            }
            // Mail is off.
            #expect(try send().status == 409)
            try site.database.setMail(isOn: true)
            try site.database.execute("UPDATE users SET email_verified_at = NULL")
            #expect(try send().status == 409)
            try site.database.execute("UPDATE users SET email_verified_at = UTC_TIMESTAMP(6)")
            let sent = try send()
            #expect(sent.status == 202)
            #expect(sent.json["sentAt"] == .null)
            let listed = try site.get(Self.path, as: administrator).json["testMails"]?.array ?? []
            #expect(listed.map { $0["id"] } == [sent.json["id"]])
            #expect(try site.get(Self.path, as: other).json["testMails"]?.array?.isEmpty == true)
            #expect(
                try site.count(
                    """
                    SELECT COUNT(*) AS count
                    FROM outbox
                    WHERE topic = 'test' AND user_id = \(administrator.id)
                    """) == 1)
            for _ in 1...2 { #expect(try send().status == 202) }
            let refused = try send()
            #expect(refused.status == 429)
            #expect(refused.fields[.retryAfter] != nil)
        }
    }

    @Test func `a try of the webhook is asked for by whoever looks, a few in a row`() throws {
        try withFreshSite { site in
            let administrator = try site.makeAdministrator()
            func send() throws -> Answer {
                try site.post("\(Self.path)/webhook", "", as: administrator)
            }
            #expect(try site.get(Self.path, as: administrator).json["webhookTest"] == .null)
            let asked = try send()
            #expect(asked.status == 202 && asked.json["doneAt"] == .null)
            #expect(try site.database.claimWebhookTest())
            #expect(try !site.database.claimWebhookTest())
            try site.database.noteWebhookTest(status: 200, milliseconds: 7, problem: nil)
            let told = try site.get(Self.path, as: administrator).json["webhookTest"]
            #expect(told?["askedAt"] == asked.json["askedAt"])
            #expect(told?["status"] == .integer(200) && told?["milliseconds"] == .integer(7))
            #expect(told?["doneAt"]?.string != nil && told?["problem"] == .null)
            for _ in 1...4 { #expect(try send().status == 202) }
            #expect(try send().status == 429)
            #expect(try site.post("\(Self.path)/webhook", "", as: site.makeUser()).status == 404)
        }
    }

    @Test func `a certificate that ends soon is told with its end`() throws {
        try withFreshSite { site in
            let administrator = try site.makeAdministrator()
            let end = try site.database.databaseTime() + 10 * 86_400
            try site.database.setHealth(
                "certificate", isHealthy: true, detail: "ends, in 10 days", endsAt: end)
            let found = check(try site.get(Self.path, as: administrator), "certificate")
            #expect(found?["state"] == "ok" && found?["endsAt"]?.string == end.iso8601)
            let items = try site.get("/api/admin/attention", as: administrator).items
            #expect(items.map { $0["kind"] } == ["ending"])
        }
    }

    // MARK: The log

    @Test func `the log is narrowed by action, subject and actor, as a list and as a table`() throws
    {
        try withFreshSite { site in
            let (ann, ben) = (try site.makeAdministrator(), try site.makeAdministrator())
            let (first, second) = (try site.makeUser(), try site.makeUser())
            for (act, user, actor) in [
                ("notes", first, ann), ("notes", second, ben), ("block", second, ann),
            ] {
                let answer = try site.post(
                    "/api/admin/users/\(user.id)/\(act)", #"{"reason": "=1+1, \"so\""}"#, as: actor,
                    [(Header.idempotencyKey, "\(act) \(user.id)")])
                #expect(answer.status == 204)
            }
            for (query, count) in [
                ("", 3), ("action=user.note", 2), ("subject=\(second.id)", 2),
                ("actor=\(ann.id)", 2),
                ("action=user.note&subject=\(second.id)&actor=\(ben.id)", 1),
                ("action=user.note&subject=\(second.id)&actor=\(ann.id)", 0),
            ] {
                let list = try site.get("/api/admin/audit", query: query, as: ann)
                #expect(list.items.count == count, "\(query)")
                let table = try site.get("/api/admin/audit.csv", query: query, as: ann)
                #expect(table.status == 200)
                #expect(table.text.utf8.filter { $0 == 10 }.count == count + 1, "\(query)")
            }
            let table = try site.get("/api/admin/audit.csv", query: "action=user.block", as: ann)
            #expect(table.text.hasPrefix("id,actorId,systemUser,action,subject,reason,detail,"))
            // A spreadsheet must not take a reason for a formula.
            #expect(table.text.contains(#","'=1+1, ""so""","#))
            let long = String(repeating: "x", count: 256)
            for path in ["/api/admin/audit", "/api/admin/audit.csv"] {
                let refused = try site.get(path, query: "action=A&subject=\(long)&actor=x", as: ann)
                #expect(refused.status == 400)
                #expect(refused.refused == ["action", "subject", "actor"])
            }
        }
    }
}
