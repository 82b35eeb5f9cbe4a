import API
import HTTP
import HTTPTypes
import JSON

private struct CheckMail: JSONObject {
    static var schemaName: String? { "CheckMail" }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == CheckMail {
        let status = "check_mail"
        fields.field("status", as: .constant(status.quoted), example: status.quoted) { _ in status }
    }
}

extension Outcome {
    static let checkMail = accepted(
        CheckMail.self, "A mail holds the rest, if there is anything to be mailed.")
}

extension Response {
    /// The answer to whoever has to look for a mail, or would if there were an account.
    static var checkMail: Response { .json(.accepted, CheckMail()) }
}
