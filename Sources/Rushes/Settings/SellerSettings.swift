import Addresses
import Domain

/// Who sells, as receipts say it.
struct SellerSettings: Sendable {
    /// Nil when that is not said.
    private let seller: Seller?

    /// Receipts of a shop that does not say who sells name it by its address alone.
    func seller(of shop: Origin) -> Seller {
        seller ?? Seller(name: shop.text, address: "", taxID: "", taxLine: "")
    }

    init(_ reader: SettingsReader) {
        let name = reader.optional(
            "SELLER_NAME", "who sells, on receipts; without it they name the shop by its address",
            like: "Example Films Ltd", Self.text(upTo: 200))
        let address = reader.optional(
            "SELLER_ADDRESS",
            "the seller's address on receipts, its lines apart by `;`; with `SELLER_NAME`",
            like: "1 Main Street; Dublin 1; Ireland", Self.text(upTo: 500))
        let taxID = reader.optional(
            "SELLER_TAX_ID", "the seller's tax number on receipts; with `SELLER_NAME`",
            like: "IE1234567X", Self.text(upTo: 100))
        let taxLine = reader.optional(
            "TAX_LINE", "what receipts say of tax, in your words; with `SELLER_NAME`",
            like: "Includes 23% VAT where it is due.", Self.text(upTo: 300))
        guard let name else {
            for (variable, value) in [
                ("SELLER_ADDRESS", address), ("SELLER_TAX_ID", taxID), ("TAX_LINE", taxLine),
            ] where value != nil {
                reader.refuse(variable, "needs SELLER_NAME")
            }
            seller = nil
            return
        }
        let lines = (address ?? "").split(separator: ";").map { String($0).trimmed }
        seller = Seller(
            name: name, address: lines.joined(separator: "\n"), taxID: taxID ?? "",
            taxLine: taxLine ?? "")
    }

    private static func text(upTo most: Int) -> (String) throws(Unusable) -> String? {
        { text throws(Unusable) in
            guard text.unicodeScalars.count <= most else {
                throw Unusable("has more than \(most) characters")
            }
            guard !text.unicodeScalars.contains(where: { $0 < " " || $0 == "\u{7F}" }) else {
                throw Unusable("has control characters; write it in one line")
            }
            return text
        }
    }
}
