package import FoundationEssentials

/// How far the evidence of a dispute is.
package struct StripeSubmission: Decodable, Equatable, Sendable {
    /// Until when the bank takes it; nil when it takes none.
    package let dueAt: Date?
    /// How often it was submitted.
    package let count: Int

    private enum CodingKeys: String, CodingKey {
        case dueAt = "due_by"
        case count = "submission_count"
    }

    init(dueAt: Date?, count: Int) {
        self.dueAt = dueAt
        self.count = count
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let due = try values.decodeIfPresent(Int.self, forKey: .dueAt) ?? 0
        // 0 in older versions where the bank takes no answer.
        dueAt = due > 0 ? Date(timeIntervalSince1970: TimeInterval(due)) : nil
        count = try values.decodeIfPresent(Int.self, forKey: .count) ?? 0
    }
}
