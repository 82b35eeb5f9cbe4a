import FoundationEssentials
import JSON

extension StripeWorld {
    /// `POST /v1/disputes/{id}`: stages evidence, or submits it, once.
    mutating func updateDispute(_ id: String, _ form: FormBody) throws(StripeRefusal) -> String {
        let parameters = try StripeParameters(
            form,
            allowed: Set(StripeEvidence.names.map { "evidence[\($0)]" })
                .union(["submit", "metadata[*]", "expand[#]"]))
        guard let dispute = state.dispute(id) else { throw .noSuch("dispute", id) }
        let submits = parameters["submit"] ?? "true"
        guard ["true", "false"].contains(submits) else {
            throw StripeRefusal(param: "submit", message: "Invalid boolean: \(submits)")
        }
        var evidence = dispute.evidence
        for name in StripeEvidence.names.sorted() {
            let parameter = "evidence[\(name)]"
            guard let value = parameters[parameter] else { continue }
            try judge(value, of: name, parameter)
            evidence[name] = value
        }
        try judge(evidence, of: dispute)
        let changed = evidence
        state.edit(dispute: id) { dispute in
            dispute.evidence = changed
            guard submits == "true" else { return }
            dispute.submissions += 1
            dispute.status = dispute.isInquiry ? "warning_under_review" : "under_review"
        }
        let json = state.dispute(id)?.json ?? ""
        emit("charge.dispute.updated", json)
        return json
    }

    private func judge(
        _ value: String, of name: String, _ parameter: String
    ) throws(StripeRefusal) {
        if StripeEvidence.files.contains(name) {
            guard state.files.contains(where: { $0.id == value }) else {
                throw StripeRefusal(
                    code: "resource_missing", param: parameter,
                    message: "No such file upload: '\(value)'")
            }
        } else if let most = StripeEvidence.texts[name] ?? nil, value.count > most {
            throw StripeRefusal(
                param: parameter, message: "\(name) has up to \(most) characters.")
        }
    }

    /// Whether the dispute takes this evidence now.
    private func judge(
        _ evidence: [String: String], of dispute: StripeDispute
    ) throws(StripeRefusal) {
        let total = evidence.filter { StripeEvidence.texts.keys.contains($0.key) }
            .reduce(0) { $0 + $1.value.count }
        guard total <= StripeEvidence.largestTotal else {
            throw StripeRefusal(
                param: "evidence", message: "All evidence has up to 150,000 characters.")
        }
        guard !dispute.isClosed else {
            throw StripeRefusal(message: "This dispute is already closed.", isSaved: true)
        }
        guard dispute.submissions == 0 else {
            throw StripeRefusal(
                message: "Evidence for this dispute was already submitted.", isSaved: true)
        }
        guard now < dispute.lastDay else {
            throw StripeRefusal(
                message: "The time to submit evidence for this dispute is over.", isSaved: true)
        }
    }
}

extension StripeDispute {
    var json: String {
        stripeObject { json in
            json.member("id", id)
            json.member("object", "dispute")
            json.member("amount", amount)
            json.member("charge", chargeID)
            json.member("created", createdAt.unixSeconds)
            json.member("currency", currency)
            json.key("evidence")
            json.beginObject()
            for name in StripeEvidence.names.sorted() {
                json.key(name)
                if let value = evidence[name] { json.string(value) } else { json.null() }
            }
            json.endObject()
            json.key("evidence_details")
            json.beginObject()
            json.member("due_by", lastDay.unixSeconds)
            json.member("has_evidence", !evidence.isEmpty)
            json.member("past_due", false)
            json.member("submission_count", submissions)
            json.endObject()
            json.member("is_charge_refundable", isInquiry && !isClosed)
            json.member("livemode", isLive ?? false)
            json.key("metadata")
            json.literal("{}")
            json.member("payment_intent", paymentID)
            json.member("reason", "fraudulent")
            json.member("status", status)
        }
    }
}
