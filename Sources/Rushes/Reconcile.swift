import ArgumentParser
import Domain
import FoundationEssentials
import MariaDB
import Reconciliation
import Store
import Worker

struct Reconcile: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reconcile",
        abstract: "Compares the books with Stripe's and Pollo's; exits 0 only when they agree.",
        discussion: "Stores the result, which the admin API shows. Moves no money.")

    func run() throws {
        let settings = try Settings(Environment())
        let database = Connection(settings.database)
        let reconciliation = Reconciliation(
            database: database,
            stripe: settings.stripe(timeout: .seconds(20)), pollo: settings.pollo(),
            vendorCredit: settings.worker.vendorCredit, log: makeLogger("reconcile"))
        let differences = try reconciliation.run(now: database.databaseTime())
        for difference in differences {
            let subject =
                difference.jobID.map { "job \($0)" }
                ?? difference.purchaseID.map { "purchase \($0)" } ?? "-"
            print(
                "\(difference.kind.rawValue)\t\(subject)\t"
                    + "\(difference.amount?.description ?? "-")\t\(difference.detail)")
        }
        guard differences.isEmpty else {
            print("\(differences.count) differences")
            throw ExitCode.failure
        }
        print("The books agree.")
    }
}
