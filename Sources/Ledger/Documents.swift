package import Domain
import FoundationEssentials
package import MariaDB

extension LockedWallet {
    /// Makes a document with the next number of its series, once for `opKey`, of who buys and who
    /// sells now; a note names the buyer of its receipt. The series stays locked until the transaction
    /// ends, so that is done last: whoever comes next waits, and what is undone leaves no gap.
    func issue(
        _ kind: PaymentDocument.Kind, of purchase: PurchaseID, amount: Money, opKey: String
    ) throws {
        try database.execute(
            "UPDATE document_counters SET last = last + 1 WHERE kind = \(kind)")
        try database.execute(
            """
            INSERT INTO documents
                (kind, number, purchase_id, buyer, buyer_name, seller_name, seller_address,
                 seller_tax_id, tax_line, amount_micros, op_key, created_at)
            SELECT document_counters.kind, document_counters.last, purchases.id,
                COALESCE(receipt.buyer, users.email),
                IF(receipt.number IS NULL, users.name, receipt.buyer_name),
                COALESCE(seller.name, ''),
                COALESCE(seller.address, ''), COALESCE(seller.tax_id, ''),
                COALESCE(seller.tax_line, ''), \(amount), \(opKey), UTC_TIMESTAMP(6)
            FROM document_counters
            JOIN purchases ON purchases.id = \(purchase)
            JOIN users ON users.id = purchases.user_id
            LEFT JOIN documents AS receipt
                ON receipt.purchase_id = purchases.id AND receipt.kind = 'receipt'
            LEFT JOIN (SELECT * FROM sellers ORDER BY id DESC LIMIT 1) AS seller ON TRUE
            WHERE document_counters.kind = \(kind)
            """)
    }

    /// The document of what changed of the money that went back of a purchase, if anything did.
    func issueNote(
        of purchase: PurchaseID, refundedBefore before: Money, now: Money, opKey: String
    ) throws {
        if now > before {
            try issue(.creditNote, of: purchase, amount: now - before, opKey: opKey)
        } else if now < before {
            try issue(.debitNote, of: purchase, amount: before - now, opKey: opKey)
        }
    }
}

extension Connection {
    /// Notes who sells from now on, unless that is noted.
    package func remember(_ seller: Seller) throws {
        guard try currentSeller() != seller else { return }
        try execute(
            """
            INSERT INTO sellers (id, name, address, tax_id, tax_line, created_at)
            VALUES (\(newID() as ID<Seller>), \(seller.name), \(seller.address), \(seller.taxID),
                \(seller.taxLine), UTC_TIMESTAMP(6))
            """)
    }

    private func currentSeller() throws -> Seller? {
        try first(
            "SELECT name, address, tax_id, tax_line FROM sellers ORDER BY id DESC LIMIT 1",
            Seller.init(row:))
    }

    /// The documents of an account's purchase, in their order.
    package func documents(
        of purchase: PurchaseID, of account: AccountID
    ) throws -> [PaymentDocument] {
        try query(
            """
            SELECT documents.kind, number, documents.amount_micros, documents.created_at,
                seller_name AS name, seller_address AS address, seller_tax_id AS tax_id, tax_line,
                buyer, buyer_name
            FROM documents
            JOIN purchases ON purchases.id = documents.purchase_id
            WHERE documents.purchase_id = \(purchase) AND purchases.account_id = \(account)
            ORDER BY documents.created_at, documents.kind, documents.number
            """
        ) { row in
            try PaymentDocument(
                kind: row("kind"), number: row("number"), amount: row("amount_micros"),
                issuedAt: row("created_at"), seller: Seller(row: row), buyer: row("buyer"),
                buyerName: row("buyer_name"))
        }
    }
}

extension Seller {
    fileprivate init(row: Row) throws {
        try self.init(
            name: row("name"), address: row("address"), taxID: row("tax_id"),
            taxLine: row("tax_line"))
    }
}
