import FoundationEssentials
import JSON

extension StripeWorld {
    /// `POST /v1/files`, of the form that ``StripeUpload`` reads.
    mutating func createFile(_ form: FormBody) throws(StripeRefusal) -> String {
        let parameters = try StripeParameters(
            form, allowed: ["purpose", "file", "file_type", "file_size"])
        guard try parameters.required("purpose") == "dispute_evidence" else {
            throw StripeRefusal(param: "purpose", message: "Invalid file purpose.")
        }
        _ = try parameters.required("file")
        let size = try parameters.integer("file_size") ?? 0
        guard size <= StripeEvidence.largestFile else {
            throw StripeRefusal(param: "file", message: "The file is larger than 5 MB.")
        }
        guard let type = parameters["file_type"] else {
            throw StripeRefusal(
                param: "file", message: "Evidence is a PDF, a JPEG or a PNG.")
        }
        let file = StripeFile(
            id: Identifier.stripe("file_"), purpose: "dispute_evidence", type: type, size: size,
            createdAt: now)
        state.files.append(file)
        return file.json
    }
}

extension StripeFile {
    fileprivate var json: String {
        stripeObject { json in
            json.member("id", id)
            json.member("object", "file")
            json.member("created", createdAt.unixSeconds)
            json.member("purpose", purpose)
            json.member("size", size)
            json.member("type", type)
        }
    }
}
