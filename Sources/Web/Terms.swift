import Domain
import FoundationEssentials
import HTTP
import JSON
import Store
import Texts

extension Inputs {
    /// The version that a page showed.
    static let terms = Input.plain(
        "terms",
        "The version of terms and privacy notice that was shown (`terms.version` of `/api/me`). "
            + "Another than is in force is refused.", isRequired: false)
}

extension Context {
    /// The version of the terms and the privacy notice that the pages show, as nginx says it; nil where
    /// it says none.
    var termsInForce: String? {
        request.source.parameter("SHOP_TERMS").flatMap {
            $0.isEmpty || $0.utf8.count > 64 ? nil : $0
        }
    }

    /// Refuses the version that a body names when another is in force. It need name none.
    func judgeTerms(of body: inout FieldReader) {
        guard body.has(Inputs.terms) else { return }
        let shown = body.read(Inputs.terms) ?? ""
        if shown != termsInForce ?? "" { body.refuse(Inputs.terms.about.name, .termsChanged) }
    }
}

/// The terms in force, and whether somebody agreed to them.
struct TermsAnswer: JSONObject {
    let version: String
    let acceptedAt: Date?

    static var schemaName: String? { "Terms" }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == TermsAnswer {
        fields.field("version", "Of what the pages show.", example: "3f1d09ab77c2".quoted) {
            $0.version
        }
        fields.field("acceptedAt", "Null for a version that they have not agreed to.") {
            $0.acceptedAt
        }
    }
}
