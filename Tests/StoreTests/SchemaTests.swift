import BooksSupport
import DatabaseSupport
import Domain
import FoundationEssentials
import MariaDB
import Store
import Testing

/// What the schema refuses by itself, whatever a statement says: each rule that a constraint can
/// hold, with the name of the constraint. The state before it, which the same constraint lets pass,
/// is that of a shop at work.
@Suite struct `Rules that the schema holds` {
    /// Books with every kind of row in them.
    private func withBooks(_ body: (Connection) throws -> Void) throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertCustomer()
            let key = ClientKey(key: "k", requestHash: Array(repeating: 1, count: 32))
            try db.accept(db.order(), from: account, key: key)
            _ = try db.insertPurchase(of: account)
            try db.receive("evt_1", from: .stripe, type: "x", object: "y") { true }
            try body(db)
            try expectCleanBooks(db)
        }
    }

    /// Another entry of the ledger, like its first one but for what is given.
    private static func entry(
        key: SQL = "'another'", credit: SQL = "credit_account", amount: SQL = "amount_micros",
        account: SQL = "account_id", lot: SQL = "lot_id", job: SQL = "job_id",
        purchase: SQL = "purchase_id"
    ) -> SQL {
        """
        INSERT INTO ledger_entries
            (id, op_key, leg, kind, debit_account, credit_account, amount_micros, account_id, lot_id,
             job_id, purchase_id, created_at)
        SELECT UUID(), \(sql: key), leg, kind, debit_account, \(sql: credit), \(sql: amount),
            \(sql: account), \(sql: lot), \(sql: job), \(sql: purchase), created_at
        FROM ledger_entries
        LIMIT 1
        """
    }

    /// The rule, the constraint and the statement that it refuses.
    private static let breaches: [(rule: String, constraint: String, statement: SQL)] = [
        ("L2", "ledger_entries_amount_positive", entry(amount: "0")),
        ("L2", "ledger_entries_amount_positive", entry(amount: "-amount_micros")),
        ("L2", "ledger_entries_two_accounts", entry(credit: "debit_account")),
        ("L2", "ledger_entries_wallet_exists", entry(account: "UUID()")),
        ("L2", "ledger_entries_lot_exists", entry(lot: "UUID()")),
        ("L2", "ledger_entries_job_exists", entry(job: "UUID()")),
        ("L2", "ledger_entries_purchase_exists", entry(purchase: "UUID()")),
        ("L4", "transactions_amount_not_zero", "UPDATE transactions SET amount_micros = 0"),
        (
            "L4", "transactions_balance_not_negative",
            "UPDATE transactions SET balance_after_micros = -1"
        ),
        ("L4", "transactions_detail_is_json", "UPDATE transactions SET detail = 'words'"),
        ("L5", "ledger_entries_op_unique", entry(key: "op_key")),
        (
            "L5", "transactions_op_unique",
            """
            INSERT INTO transactions
                (id, account_id, user_id, type, amount_micros, balance_after_micros, description,
                 op_key, created_at)
            SELECT UUID(), account_id, user_id, type, amount_micros, balance_after_micros,
                description, op_key, created_at
            FROM transactions
            """
        ),
        ("L6", "wallets_available_not_negative", "UPDATE wallets SET available_micros = -1"),
        ("L6", "wallets_held_not_negative", "UPDATE wallets SET held_micros = -1"),
        ("L6", "wallets_frozen_not_negative", "UPDATE wallets SET frozen_micros = -1"),
        ("L9", "wallets_shortfall_not_negative", "UPDATE wallets SET shortfall_micros = -1"),
        ("L8", "video_jobs_charge_positive", "UPDATE video_jobs SET user_charged_micros = 0"),
        ("L8", "video_jobs_tier_exists", "UPDATE video_jobs SET catalog_version = 99"),
        ("C1", "credit_lots_granted_positive", noughts),
        (
            "C1", "credit_lots_parts_add_up",
            "UPDATE credit_lots SET remaining_micros = remaining_micros + 1"
        ),
        ("C1", "credit_lots_parts_add_up", "UPDATE credit_lots SET spent_micros = 1"),
        ("C1", "credit_lots_parts_not_negative", negative("spent_micros")),
        ("C1", "credit_lots_parts_not_negative", negative("held_micros")),
        ("C1", "credit_lots_parts_not_negative", negative("expired_micros")),
        ("C1", "credit_lots_parts_not_negative", negative("clawed_back_micros")),
        (
            "C1", "credit_lots_parts_not_negative",
            """
            UPDATE credit_lots SET spent_micros = spent_micros + remaining_micros + 1,
                remaining_micros = -1
            """
        ),
        (
            "C1", "credit_lots_purchase_iff_bought",
            "UPDATE credit_lots SET purchase_id = NULL WHERE source = 'purchase'"
        ),
        ("J1", "PRIMARY", "INSERT INTO idempotency_keys SELECT * FROM idempotency_keys"),
        ("J1", "video_jobs_call_exists", "UPDATE video_jobs SET generate_call_id = UUID()"),
        (
            "J2", "video_jobs_completed_iff_final",
            "UPDATE video_jobs SET completed_at = NULL WHERE state = 'delivered'"
        ),
        (
            "J2", "video_jobs_completed_iff_final",
            "UPDATE video_jobs SET completed_at = created_at WHERE state = 'queued'"
        ),
        (
            "J2", "video_jobs_reason_iff_refunded",
            "UPDATE video_jobs SET failure_reason = NULL WHERE state = 'refunded'"
        ),
        (
            "J2", "video_jobs_reason_iff_refunded",
            "UPDATE video_jobs SET failure_reason = 'timeout' WHERE state = 'delivered'"
        ),
        (
            "J3", "video_jobs_file_where_delivered",
            "UPDATE video_jobs SET file_sha256 = NULL WHERE state = 'delivered'"
        ),
        (
            "J2", "video_jobs_deleted_where_final",
            "UPDATE video_jobs SET deleted_at = created_at WHERE state = 'queued'"
        ),
        (
            "J3", "video_jobs_purged_where_deleted",
            "UPDATE video_jobs SET purge_at = created_at WHERE state = 'delivered'"
        ),
        (
            "J4", "video_jobs_task_where_submitted",
            "UPDATE video_jobs SET state = 'storing' WHERE state = 'queued'"
        ),
        ("J4", "video_jobs_task_unique", "UPDATE video_jobs SET task_id = 'one'"),
        ("J6", "PRIMARY", "INSERT INTO job_attempts SELECT * FROM job_attempts"),
        ("J7", "video_jobs_callback_unique", "UPDATE video_jobs SET callback_token = 'one'"),
        (
            "J9", "video_jobs_deadline_iff_open",
            "UPDATE video_jobs SET deadline_at = NULL WHERE state = 'queued'"
        ),
        (
            "J9", "video_jobs_deadline_iff_open",
            "UPDATE video_jobs SET deadline_at = created_at WHERE state = 'delivered'"
        ),
        ("J12", "outbox_op_unique", message("'same'", "NULL")),
        ("J12", "outbox_leased_while_due", message("UUID()", "UUID()")),
        ("W2", "PRIMARY", "INSERT INTO vendor_events SELECT * FROM vendor_events"),
        (
            "P1", "purchases_paid_at_iff_paid",
            "UPDATE purchases SET state = 'paid', payment_intent = 'x' WHERE state = 'pending'"
        ),
        (
            "P1", "purchases_paid_at_iff_paid",
            "UPDATE purchases SET paid_at = NULL WHERE state = 'paid'"
        ),
        (
            "P1", "purchases_paid_has_intent",
            "UPDATE purchases SET payment_intent = NULL WHERE state = 'paid'"
        ),
        ("P1", "purchases_payment_intent_unique", "UPDATE purchases SET payment_intent = 'one'"),
        ("P1", "purchases_session_unique", "UPDATE purchases SET session_id = 'one'"),
        ("P1", "purchases_amounts_positive", "UPDATE purchases SET price_micros = 0"),
        (
            "J2", "ledger_entries_one_end",
            """
            INSERT INTO ledger_entries
                (id, op_key, leg, kind, debit_account, credit_account, amount_micros, account_id,
                 lot_id, job_id, created_at)
            SELECT UUID(), 'another', leg, 'release', 'held', 'available', amount_micros, account_id,
                lot_id, job_id, created_at
            FROM ledger_entries
            WHERE kind = 'settle'
            """
        ),
        (
            "J10", "video_jobs_loss_where_refunded",
            "UPDATE video_jobs SET lost_micros = 1 WHERE state = 'delivered'"
        ),
        (
            "J11", "video_jobs_lease_whole",
            "UPDATE video_jobs SET lease_until = UTC_TIMESTAMP(6) WHERE state = 'queued'"
        ),
        (
            "P2", "refunds_stripe_refund_unique",
            """
            INSERT INTO refunds
                (id, purchase_id, amount_micros, reason, stripe_refund_id, created_at)
            SELECT UUID(), id, 10000, 'x', 're_1', created_at
            FROM purchases
            """
        ),
        (
            "P2", "refunds_amount_whole_cents",
            """
            INSERT INTO refunds (id, purchase_id, amount_micros, reason, created_at)
            SELECT UUID(), id, 10001, 'x', created_at FROM purchases
            """
        ),
        (
            "P3", "purchases_reversal_within_purchase",
            reversal("refunded_micros = price_micros + 1")
        ),
        (
            "P3", "purchases_reversal_within_purchase",
            reversal("clawback_micros = credits_micros + bonus_micros + 1")
        ),
        ("P3", "purchases_reversal_within_purchase", reversal("clawback_micros = -1")),
        ("P3", "purchases_reversal_within_purchase", reversal("owed_micros = 1")),
        ("P3", "purchases_reversal_within_purchase", reversal("pending_micros = -1")),
        (
            "P7", "PRIMARY",
            """
            INSERT INTO operator_commands
                (command_key, action, subject, arguments, result, created_at)
            SELECT 'one', 'x', 'x', '', '', created_at
            FROM users, (SELECT 1 UNION SELECT 2) AS twice
            """
        ),
        (
            "P8", "installations_only_one",
            "INSERT INTO installations (id, created_at) VALUES (UUID(), UTC_TIMESTAMP(6))"
        ),
        (
            "A4", "credit_lots_taken_where_given",
            """
            UPDATE credit_lots
            SET remaining_micros = remaining_micros - 1, taken_micros = 1
            WHERE source = 'purchase' AND remaining_micros > 0
            """
        ),
        (
            "A4", "operator_commands_waits_for_second",
            """
            INSERT INTO operator_commands
                (command_key, action, subject, arguments, result, is_done, created_at)
            SELECT UUID(), 'x', 'x', '', '', FALSE, created_at FROM users
            """
        ),
        (
            "A2", "schedules_lease_whole",
            """
            INSERT INTO schedules (name, due_at, lease_until)
            VALUES ('x', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))
            """
        ),
        (
            "A2", "schedules_failed_iff_problem",
            "INSERT INTO schedules (name, due_at, problem) VALUES ('x', UTC_TIMESTAMP(6), 'x')"
        ),
        (
            "A2", "workers_room_whole",
            """
            INSERT INTO workers (id, host, process, version, started_at, seen_at, free_bytes)
            VALUES (UUID(), 'x', 1, 'x', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), 1)
            """
        ),
        (
            "A2", "incidents_end_after_begin",
            """
            INSERT INTO incidents (part, opened_at, closed_at)
            VALUES ('x', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) - INTERVAL 1 SECOND)
            """
        ),
        (
            "A2", "announcements_end_after_begin",
            """
            UPDATE announcements
            SET from_at = UTC_TIMESTAMP(6), until_at = UTC_TIMESTAMP(6)
            WHERE name = 'banner'
            """
        ),
        ("A3", "findings_open_once", finding("'account'", "id", "NULL", twice: true)),
        ("A3", "findings_named_iff_account", finding("'account'", "NULL", "NULL")),
        ("A3", "findings_named_iff_account", finding("'whole'", "id", "NULL")),
        ("A3", "findings_gone_or_closed", finding("'whole'", "NULL", "created_at")),
        (
            "R1", "differences_open_once",
            """
            INSERT INTO differences (id, kind, subject, detail, found_at, seen_at)
            SELECT UUID(), 'task', 'x', 'x', created_at, created_at
            FROM users, (SELECT 1 UNION SELECT 2) AS twice
            """
        ),
        (
            "R1", "differences_gone_or_closed",
            """
            INSERT INTO differences
                (id, kind, subject, detail, found_at, seen_at, gone_at, closed_at)
            SELECT UUID(), 'task', id, 'x', created_at, created_at, created_at, created_at
            FROM users
            """
        ),
        (
            "R3", "reconciliation_parts_read_or_problem",
            "INSERT INTO reconciliation_parts (part, tried_at) VALUES ('tasks', UTC_TIMESTAMP(6))"
        ),
        (
            "P4", "disputes_purchase_exists",
            """
            INSERT INTO disputes
                (id, purchase_id, amount_micros, standing, created_at, changed_at)
            SELECT 'dp_1', UUID(), 1, 'open', created_at, created_at FROM users
            """
        ),
    ]

    private static let noughts: SQL = """
        UPDATE credit_lots
        SET granted_micros = 0, remaining_micros = 0, held_micros = 0, spent_micros = 0,
            expired_micros = 0, clawed_back_micros = 0
        """

    /// The part is below zero, and the sum still right: SET goes from left to right.
    private static func negative(_ part: SQL) -> SQL {
        """
        UPDATE credit_lots
        SET remaining_micros = remaining_micros + \(sql: part) + 1, \(sql: part) = -1
        """
    }

    /// A finding, or the same twice; with the time at which it was both gone and closed.
    private static func finding(
        _ scope: SQL, _ account: SQL, _ time: SQL, twice: Bool = false
    ) -> SQL {
        let rows: SQL = twice ? "users, (SELECT 1 UNION SELECT 2) AS twice" : "users"
        return """
            INSERT INTO findings
                (id, rule, subject, scope, account_id, detail, found_at, seen_at, gone_at, closed_at)
            SELECT UUID(), 'L4', 'x', \(sql: scope), \(sql: account), 'x', created_at, created_at,
                \(sql: time), \(sql: time)
            FROM \(sql: rows)
            """
    }

    private static func reversal(_ assignment: SQL) -> SQL {
        "UPDATE purchases SET \(sql: assignment) WHERE state = 'paid'"
    }

    /// Two mails; the second argument is their lease, which runs to no end.
    private static func message(_ key: SQL, _ lease: SQL) -> SQL {
        """
        INSERT INTO outbox
            (id, channel, topic, user_id, op_key, payload, next_attempt_at, lease_token, created_at)
        SELECT UUID(), 'mail', 'x', id, \(sql: key), '{}', created_at, \(sql: lease), created_at
        FROM users, (SELECT 1 UNION SELECT 2) AS twice
        """
    }

    @Test(arguments: breaches.indices)
    func `what breaks a rule is refused by the constraint that holds it`(index: Int) throws {
        let (rule, constraint, statement) = Self.breaches[index]
        try withBooks { db in
            let error = #expect(throws: DatabaseError.self, "\(rule): \(constraint)") {
                try db.execute(statement)
            }
            #expect(
                error?.kind == .constraint(constraint)
                    || error?.kind == .duplicateKey(constraint: constraint),
                "\(rule): \(constraint)")
        }
    }

    // MARK: Columns and keys

    /// The lines that a question about the tables of the schema is answered with.
    private func answers(_ question: SQL) throws -> [String] {
        var lines: [String] = []
        try withDatabase { db in lines = try db.query(question) { try $0.at(0) as String } }
        return lines
    }

    @Test func `every amount is a signed 64-bit integer and no column holds a fraction (L1)`()
        throws
    {
        let columns: SQL = """
            FROM information_schema.columns
            JOIN information_schema.tables USING (table_schema, table_name)
            WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'
            """
        let others = try answers(
            """
            SELECT CONCAT(table_name, '.', column_name, ' ', column_type) \(sql: columns)
                AND (column_name LIKE '%\\_micros' AND column_type <> 'bigint(20)'
                    OR data_type IN ('float', 'double', 'decimal'))
            """)
        #expect(others == [])
        let amounts = try answers(
            """
            SELECT column_name \(sql: columns) AND column_name LIKE '%\\_micros'
            """)
        #expect(amounts.count > 25)
    }

    @Test func `every text is compared byte by byte but what is searched (D6)`() throws {
        // The text of JSON columns is never compared; ENUM and UUID know their values.
        let others = try answers(
            """
            SELECT CONCAT(table_name, '.', column_name)
            FROM information_schema.columns
            JOIN information_schema.tables USING (table_schema, table_name)
            WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'
                AND table_name NOT IN ('schema_migrations', 'schema_routines')
                AND data_type IN ('char', 'varchar', 'tinytext', 'text', 'mediumtext')
                AND collation_name <> 'utf8mb4_nopad_bin'
            """)
        #expect(others == ["video_jobs.prompt", "video_jobs.title"])
    }

    @Test func `every table has a primary key (D9)`() throws {
        let without = try answers(
            """
            SELECT table_name
            FROM information_schema.tables
            WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' AND NOT EXISTS (
                SELECT 1
                FROM information_schema.table_constraints
                WHERE table_constraints.table_schema = tables.table_schema
                    AND table_constraints.table_name = tables.table_name
                    AND constraint_type = 'PRIMARY KEY')
            """)
        #expect(without == [])
    }
}

/// What no source file of a money path says. The compiler keeps values out of the text of SQL
/// (`StaticString`); these words it would let pass.
@Suite struct `Words that no money path has` {
    /// The text of every source file of these modules, by its path below `Sources`.
    private func sources(_ modules: [String]) throws -> [(path: String, text: String)] {
        let folder = URL(filePath: schemaFolder).deletingLastPathComponent().path + "/Sources/"
        return try modules.flatMap { module in
            try FileManager.default.subpathsOfDirectory(atPath: folder + module)
                .filter { $0.hasSuffix(".swift") }
                .map { name in
                    let path = "\(module)/\(name)"
                    return (path, try String(contentsOfFile: folder + path, encoding: .utf8))
                }
        }
    }

    @Test func `no statement drops errors, replaces rows, makes tables or locks names (D5, D9)`()
        throws
    {
        let files = try sources([
            "Ledger", "Store", "Billing", "Reconciliation", "Web", "Worker",
        ])
        #expect(files.count > 50)
        let routines = try FileManager.default.contentsOfDirectory(
            atPath: schemaFolder + "/routines"
        )
        .map { ($0, try String(contentsOfFile: schemaFolder + "/routines/" + $0, encoding: .utf8)) }
        #expect(routines.count > 5)
        for (path, text) in files + routines {
            for word in [
                "INSERT IGNORE", "REPLACE INTO", "CREATE TABLE", "ALTER TABLE", "DROP TABLE",
                "TRUNCATE", "GET_LOCK", "LOCK TABLES",
            ] {
                #expect(!text.contains(word), "\(path) says \(word)")
            }
        }
    }

    /// The assignments of each statement of the text that changes jobs.
    private func jobChanges(in text: String) -> [Substring] {
        text.split(separator: "UPDATE video_jobs").dropFirst().map {
            $0.split(separator: "WHERE", maxSplits: 1)[0]
        }
    }

    /// That no function outside can do it is the compiler's; that none says it in SQL is this.
    @Test func `the books are written by the module Ledger alone (L3, L4)`() throws {
        let files = try sources([
            "Store", "Billing", "Reconciliation", "Web", "Worker", "Rushes",
        ])
        for (path, text) in files {
            for word in [
                "INTO ledger_entries", "INTO transactions", "INTO credit_lots",
                "UPDATE credit_lots", "UPDATE wallets", "_micros = available_micros",
            ] {
                #expect(!text.contains(word), "\(path) says \(word)")
            }
        }
    }

    @Test func `one file alone changes the state of a job (J4)`() throws {
        let files = try sources([
            "Ledger", "Store", "Billing", "Reconciliation", "Web", "Worker", "Rushes",
        ])
        let changing = files.filter { _, text in
            jobChanges(in: text).contains { $0.contains(" state = ") }
        }
        #expect(changing.map(\.path) == ["Store/Jobs/Transitions.swift"])
        let one = try #require(changing.first)
        // One statement for all that workers and people do, one for a repair, one for samples.
        #expect(jobChanges(in: one.text).count == 3)
    }

    @Test func `no amount is ever a floating-point number (L1)`() throws {
        let names = [
            "Domain/Money.swift", "Domain/Catalog.swift", "Domain/Purchase.swift",
            "Domain/Reversal.swift", "Domain/ReversalPlan.swift", "Domain/Transfer.swift",
            "Domain/Lot.swift", "Domain/Acceptance.swift", "Domain/JSONWriter+Domain.swift",
            "Store/Jobs/Acceptance.swift", "Store/Purchases.swift", "Store/Refunds.swift",
            "Store/Repairs.swift", "Store/OperatorCommands.swift",
            "Billing/Billing.swift", "Billing/Refund.swift",
        ]
        // The ids of the ledger's rows are made of the time.
        let ledger = try sources(["Ledger"]).filter { $0.path != "Ledger/Values.swift" }
        #expect(ledger.count > 10)
        let files =
            try sources(["Domain", "Store", "Billing"]).filter { names.contains($0.path) } + ledger
        #expect(files.count == names.count + ledger.count)
        for (path, text) in files {
            for word in ["Double", "Float", "Decimal", "CGFloat"] {
                #expect(!text.contains(word), "\(path) says \(word)")
            }
        }
    }
}
