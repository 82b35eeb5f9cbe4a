import Domain

/// What a bank is told against a dispute, in Stripe's fields.
package struct DisputeEvidence: Equatable, Sendable {
    /// Those that a shop of digital goods fills in.
    package enum Field: String, CaseIterable, Sendable {
        case productDescription = "product_description"
        case customerAddress = "customer_email_address"
        case purchaseAddress = "customer_purchase_ip"
        case serviceDate = "service_date"
        case activityLog = "access_activity_log"
        case text = "uncategorized_text"
        case file = "uncategorized_file"
    }

    /// The most characters of one field that Stripe takes; of all together it is 150,000.
    package static let largestText = 20_000

    /// In the order of ``Field``; what is not known is not there.
    package private(set) var values: [(field: Field, value: String)] = []

    package init(_ values: [Field: String]) {
        self.values = Field.allCases.compactMap { field in
            guard let value = values[field], !value.isEmpty else { return nil }
            return (field, value)
        }
    }

    /// As Stripe takes it: a text that is too long ends with words that say where the rest is.
    package var cut: DisputeEvidence {
        let rest = "…\n(The whole of this text is on the paper beside it.)"
        let all = values.map { ($0.field, $0.value.cut(to: Self.largestText, mark: rest)) }
        return DisputeEvidence(Dictionary(uniqueKeysWithValues: all))
    }

    package subscript(_ field: Field) -> String? { values.first { $0.field == field }?.value }

    /// These with a file beside them.
    package func with(file: String) -> DisputeEvidence {
        var all = Dictionary(uniqueKeysWithValues: values.map { ($0.field, $0.value) })
        all[.file] = file
        return DisputeEvidence(all)
    }

    package static func == (one: DisputeEvidence, other: DisputeEvidence) -> Bool {
        one.values.elementsEqual(other.values) { $0.field == $1.field && $0.value == $1.value }
    }
}
