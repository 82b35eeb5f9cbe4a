import Billing
import BooksSupport
import DatabaseSupport
import Domain
import FoundationEssentials
import JSON
import Logging
import MariaDB
import PaymentSupport
import Pollo
import Sandbox
import Store
import Stripe
import Testing

@testable import Reconciliation

@Suite struct `What is compared with Pollo` {
    @Test func `what a task cost is learned from the vendor`() throws {
        try withOffice { office in
            let video = try office.video(.delivered, vendor: .succeeded(), hundredths: 550)
            #expect(try office.run() == [])
            #expect(try office.db.job(video).actualCost == Money(micros: 385_000))
        }
    }

    @Test func `a cost that differs from what we knew is found, and corrected`() throws {
        try withOffice { office in
            let video = try office.video(.delivered, vendor: .succeeded(), hundredths: 600)
            try office.db.execute(
                "UPDATE video_jobs SET actual_cost_micros = 350000 WHERE id = \(video)")
            #expect(
                try office.run() == [
                    Difference(
                        .task, job: video, amount: Money(cents: 7),
                        "cost $0.42 at the vendor, $0.35 in our books")
                ])
            #expect(try office.db.job(video).actualCost == Money(cents: 42))
        }
    }

    @Test(arguments: [(600, 42), (nil, 35)])
    func `a refunded video that the vendor made is a loss, shown to the operator`(
        hundredths: Int?, cents: Int64
    ) throws {
        try withOffice { office in
            let video = try office.video(.refunded, vendor: .succeeded(), hundredths: hundredths)
            #expect(
                try office.run() == [
                    Difference(
                        .task, job: video, amount: Money(cents: cents),
                        "refunded, but made and billed by the vendor")
                ])
            let job = try office.db.job(video)
            #expect(job.state == .refunded)
            #expect(job.lost == Money(cents: cents))
            #expect(job.actualCost == nil)
            let item = try office.db.attention().first { $0.kind == .vendorLoss }
            #expect(item?.subject == "\(video)")
            #expect(item?.amount == Money(cents: cents))
            // Each task is compared once.
            #expect(try office.run() == [])
            #expect(office.pollo.calls.count { $0.contains("task-") } == 1)
            try expectCleanBooks(office.db)
        }
    }

    @Test func `a delivered video that failed at the vendor is found`() throws {
        try withOffice { office in
            let video = try office.video(.delivered, vendor: .failed(""))
            #expect(
                try office.run() == [
                    Difference(.task, job: video, "delivered, but failed at the vendor")
                ])
        }
    }

    @Test(arguments: [TinyPollo.Standing.processing, nil])
    func `a task that the vendor does not tell the end of is asked for again`(
        standing: TinyPollo.Standing?
    ) throws {
        try withOffice { office in
            let video = try office.video(.refunded, vendor: standing)
            #expect(try office.run() == [])
            office.pollo.tell("task-\(video)", .succeeded(), hundredths: 500)
            #expect(try office.run().map(\.jobID) == [video])
        }
    }

    @Test func `tasks that the vendor does not tell of come after the others (R4)`() throws {
        try withOffice { office in
            let silent = try (1...4).map { _ in try office.video(.refunded, vendor: nil) }
            #expect(try office.run() == [])
            let later = try office.video(.refunded, vendor: .succeeded(), hundredths: 500)
            try office.db.execute(
                """
                UPDATE video_jobs SET completed_at = UTC_TIMESTAMP(6) - INTERVAL 70 SECOND
                WHERE id = \(later)
                """)
            let before = office.pollo.calls.count
            #expect(try office.run().map(\.jobID) == [later])
            #expect(office.pollo.calls.dropFirst(before).first?.contains("\(later)") == true)
            // Those that waited longest come first, and none is asked twice in one run.
            let asked = office.pollo.calls[(before + 1)...].filter { $0.contains("task-") }
            #expect(asked.count == 4)
            #expect(Set(asked).count == 4)
            #expect(silent.allSatisfy { job in asked.contains { $0.contains("\(job)") } })
        }
    }

    @Test func `a task that the vendor never tells of is named once it keeps no files`() throws {
        try withOffice { office in
            let video = try office.video(.refunded, vendor: nil)
            #expect(try office.run() == [])
            try office.db.execute(
                """
                UPDATE video_jobs SET completed_at = UTC_TIMESTAMP(6) - INTERVAL 15 DAY
                WHERE id = \(video)
                """)
            #expect(try office.run().map(\.jobID) == [video])
            #expect(try office.run() == [])
            #expect(try office.open().map(\.jobID) == [video])
        }
    }

    @Test func `while a create call is under way the balance tells nothing (R2)`() throws {
        try withOffice { office in
            _ = try office.run()
            let account = try office.db.insertAccount(credit: .dollars(1))
            let job = try office.db.insertJob(of: account)
            _ = try office.db.claimToSubmit()
            office.pollo.balance = 80_00
            #expect(try office.run() == [])
            // Its end is known: now the fall is more than it cost.
            try office.db.execute(
                """
                UPDATE video_jobs SET state = 'submitted', task_id = 'task-x',
                    submitted_at = UTC_TIMESTAMP(6), lease_token = NULL, lease_until = NULL
                WHERE id = \(job)
                """)
            #expect(try office.run().map(\.kind) == [.balance])
        }
    }

    @Test func `videos without a task, open or just ended are not asked for`() throws {
        try withOffice { office in
            let account = try office.db.insertAccount(credit: .dollars(3))
            let canceled = try office.db.insertJob(of: account)
            try office.db.cancel(canceled, of: account, policy: .test)
            _ = try office.db.insertJob(of: account)
            try office.db.advanceJob(to: .delivered, task: "task-new")
            _ = try office.db.insertJob(of: account)
            try office.db.advanceJob(to: .submitted, task: "task-open")
            #expect(try office.run() == [])
            #expect(office.pollo.calls == ["/credit/balance"])
        }
    }

    @Test func `a balance that fell by more than our tasks cost is found`() throws {
        try withOffice { office in
            office.pollo.balance = 100_00
            #expect(try office.run() == [])
            // One video was submitted since: 5 credits. One credit more is not yet a difference.
            let video = try office.video(.delivered, vendor: .succeeded(), hundredths: 500)
            office.pollo.balance = 94_00
            #expect(try office.run() == [])
            office.pollo.balance = 92_50
            try office.db.execute(
                "UPDATE video_jobs SET submitted_at = '2026-01-01' WHERE id = \(video)")
            let found = try office.run()
            #expect(found.map(\.amount) == [Money(micros: 105_000)])
            #expect(
                found.map(\.detail)
                    == ["the vendor's balance fell by $0.105, our tasks cost $0.00"])
            // A top-up is none, and no answer is none.
            office.pollo.balance = 500_00
            #expect(try office.run() == [])
            office.pollo.balance = nil
            #expect(try office.run() == [])
            office.pollo.balance = 499_00
            #expect(try office.run() == [])
        }
    }
}
