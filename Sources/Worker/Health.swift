import Domain
import FoundationEssentials
import Logging
import Media
import Pollo
package import Store
import Stripe
import System

// What is asked for, and written down for who wants to know how the shop is.
extension Worker {
    func checkVendor() {
        do throws(PolloStatusFailure) {
            let balance = try pollo.balance()
            report("pollo_api", true, "\(balance.availableHundredths / 100) credits left")
            note(balance)
        } catch {
            report("pollo_api", false, error.message)
        }
    }

    /// Writes down what we have at the vendor, at what a credit of its costs us.
    private func note(_ balance: PolloBalance) {
        do {
            try database.noteVendorBalance(
                Money(
                    micros: settings.vendorCredit.micros / 100
                        * Int64(balance.availableHundredths)))
        } catch {
            troubles.failed(error, doing: "writing down the vendor's balance", log)
        }
    }

    func checkStripe() {
        do throws(StripeError) {
            _ = try stripe.balance()
            report("stripe", true, "answers")
        } catch {
            report("stripe", false, error.failure.message)
        }
    }

    func checkHealth() throws {
        // Every worker looks four times a minute: after two minutes without, none could write.
        try database.noteSilence(since: "webhook_receiver", longerThan: .seconds(120))
        let isStuck = try database.hasStuckEvents()
        report("webhook_receiver", !isStuck, isStuck ? "events wait for long" : "no event waits")
        try checkClock()
        try checkRoom()
        let flush = try database.logFlushSetting()
        report(
            "durability", flush == 1,
            flush == 1 ? "every COMMIT is on disk" : "innodb_flush_log_at_trx_commit is \(flush)")
    }

    /// Says that this process lives, and what room there is for videos.
    private func checkRoom() throws {
        let room: Room
        do throws(SystemError) {
            room = try settings.media.room()
        } catch {
            report("disk", false, "the media folder cannot be read: \(error)")
            return try database.noteWorker(process, room: nil)
        }
        let (free, size) = (Int(clamping: room.freeBytes), Int(clamping: room.sizeBytes))
        report(
            "disk", free >= min(size / 10, Self.roomEnough),
            "\(free / 1_000_000_000) of \(size / 1_000_000_000) GB are free for videos")
        try database.noteWorker(process, room: (freeBytes: free, sizeBytes: size))
    }

    /// However large a disk is.
    private static let roomEnough = 10_000_000_000

    /// Stripe's signatures are refused at 300 seconds; this is long before (D8).
    private func checkClock() throws {
        let database = try Date().timeIntervalSince(database.databaseTime())
        let differences = [("the database", database), ("Stripe", clock.secondsAhead ?? 0)]
        let far = differences.filter { abs($0.1) > 5 }.map { name, seconds in
            "\(Int(abs(seconds))) s \(seconds > 0 ? "ahead of" : "behind") \(name)"
        }
        report(
            "clock", far.isEmpty,
            far.isEmpty
                ? "within 5 s of the database and Stripe"
                : "this machine is \(far.joined(separator: " and "))")
    }

    func report(
        _ name: String, _ isHealthy: Bool, _ detail: String, endsAt: Date? = nil
    ) {
        if !isHealthy {
            log.error("unhealthy", metadata: ["check": "\(name)", "detail": "\(detail)"])
        }
        do {
            try database.setHealth(name, isHealthy: isHealthy, detail: detail, endsAt: endsAt)
        } catch {
            troubles.failed(error, doing: "writing down the health of \(name)", log)
        }
    }
}

extension WorkerProcess {
    /// The process that runs.
    package static let this = WorkerProcess(host: hostName, number: processNumber)
}
