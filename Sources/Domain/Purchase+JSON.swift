package import JSON

extension Purchase.State: JSONWord {}

extension Purchase: JSONObject {
    package static var schemaName: String? { "Purchase" }

    package static func list<List: FieldList>(_ fields: inout List)
    where List.Source == Purchase {
        fields.field("id") { $0.id }
        fields.field("packageId", example: "pro".quoted) { $0.packageID }
        fields.field("status", example: "paid".quoted) { $0.state }
        fields.field("price", "What is paid.", example: "47.99") { $0.price }
        fields.field("credits", example: "50") { $0.credits }
        fields.field("bonus", example: "5") { $0.bonus }
        fields.field("total", "Credits and bonus.", example: "55") { $0.credits + $0.bonus }
        fields.optional(
            "url", "Where it is paid, while it is pending.", as: Schema.text(format: "uri").orNull
        ) { purchase -> String?? in
            purchase.state == .pending ? .some(purchase.checkoutURL) : nil
        }
        fields.field("createdAt") { $0.createdAt }
        fields.field("paidAt", example: "2026-11-22T10:01:10.456Z".quoted) { $0.paidAt }
    }
}
