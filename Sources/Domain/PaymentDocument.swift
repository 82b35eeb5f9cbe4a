package import FoundationEssentials
package import JSON

/// Who sells, as receipts say it.
package struct Seller: Hashable, Sendable {
    package let name: String
    /// A line for each line; may be empty, as all that follows.
    package let address: String
    package let taxID: String
    /// What is said of tax, in the operator's words.
    package let taxLine: String

    package init(name: String, address: String, taxID: String, taxLine: String) {
        self.name = name
        self.address = address
        self.taxID = taxID
        self.taxLine = taxLine
    }
}

extension Seller: JSONObject {
    package static var schemaName: String? { "Seller" }

    package static func list<List: FieldList>(_ fields: inout List) where List.Source == Seller {
        fields.field("name", example: "Example Films Ltd".quoted) { $0.name }
        fields.field("address", "With line ends.", example: "1 Main St\\nDublin".quoted) {
            $0.address
        }
        fields.field("taxId", example: "IE1234567X".quoted) { $0.taxID }
        fields.field("taxLine", "What is said of tax.", example: "No tax is charged.".quoted) {
            $0.taxLine
        }
    }
}

/// A receipt of a purchase, or what followed of its money. Its number has no gap before it.
package struct PaymentDocument: Sendable {
    package enum Kind: String, CaseIterable, JSONWord, Sendable {
        case receipt
        /// Of money that went back.
        case creditNote = "credit_note"
        /// Of money that was to go back, and did not.
        case debitNote = "debit_note"

        fileprivate var letter: String {
            switch self {
            case .receipt: "R"
            case .creditNote: "C"
            case .debitNote: "D"
            }
        }
    }

    package let kind: Kind
    package let number: Int
    package let amount: Money
    package let issuedAt: Date
    package let seller: Seller
    /// The buyer's address as it was.
    package let buyer: String
    /// What the buyer called themselves; nil for nothing.
    package let buyerName: String?

    package init(
        kind: Kind, number: Int, amount: Money, issuedAt: Date, seller: Seller, buyer: String,
        buyerName: String?
    ) {
        self.kind = kind
        self.number = number
        self.amount = amount
        self.issuedAt = issuedAt
        self.seller = seller
        self.buyer = buyer
        self.buyerName = buyerName
    }

    /// `R-000042`: each kind is a series of its own.
    package var name: String {
        let digits = String(number)
        return "\(kind.letter)-" + String(repeating: "0", count: max(0, 6 - digits.utf8.count))
            + digits
    }
}

extension PaymentDocument: JSONObject {
    package static var schemaName: String? { "PaymentDocument" }

    package static func list<List: FieldList>(_ fields: inout List)
    where List.Source == PaymentDocument {
        fields.field("number", example: "R-000042".quoted) { $0.name }
        fields.field("kind") { $0.kind }
        fields.field("amount", example: "47.99") { $0.amount }
        fields.field("issuedAt") { $0.issuedAt }
        fields.field("seller", "As they were when it was made.") { $0.seller }
        fields.field("buyer", example: "name@example.org".quoted) { $0.buyer }
        fields.field("buyerName", example: "Ada Lovelace".quoted) { $0.buyerName }
    }
}
