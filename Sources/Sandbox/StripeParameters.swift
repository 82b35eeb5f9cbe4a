import FoundationEssentials

/// A call that Stripe turns away.
struct StripeRefusal: Error {
    var status = 400
    var type = "invalid_request_error"
    var code: String?
    var param: String?
    let message: String
    /// Whether a key keeps the answer: it does once the call has begun to run, and not when its
    /// parameters are wrong.
    var isSaved = false
}

/// The parameters of a call, all of them known by name.
struct StripeParameters {
    private let pairs: [(name: String, value: String)]

    /// Throws for a parameter that is not among `allowed`. There `[#]` stands for every index and
    /// `[*]` for every key.
    init(_ form: FormBody, allowed: Set<String>) throws(StripeRefusal) {
        for (name, _) in form.pairs {
            // Gone since 2026-09-30.endive (docs/stripe.md); its own message.
            if name == "payment_method_types" || name.hasPrefix("payment_method_types[") {
                throw StripeRefusal(
                    code: "parameter_unknown", param: "payment_method_types",
                    message:
                        "payment_method_types can no longer be passed. Use the payment method "
                        + "settings of your Dashboard or allowed_payment_method_types.")
            }
            guard Self.patterns(of: name).contains(where: allowed.contains) else {
                throw StripeRefusal(
                    code: "parameter_unknown", param: name,
                    message: "Received unknown parameter: \(name)")
            }
        }
        let names = form.pairs.map(\.name).filter { !$0.hasSuffix("[]") }
        if let name = names.first(where: { name in names.count { $0 == name } > 1 }) {
            throw StripeRefusal(param: name, message: "Received parameter twice: \(name)")
        }
        pairs = form.pairs
    }

    /// Nil when it is not there; empty values unset, so they count as absent.
    subscript(_ name: String) -> String? {
        pairs.first { $0.name == name }.flatMap { $0.value.isEmpty ? nil : $0.value }
    }

    func required(_ name: String) throws(StripeRefusal) -> String {
        guard let value = self[name] else {
            throw StripeRefusal(
                code: "parameter_missing", param: name,
                message: "Missing required param: \(name).")
        }
        return value
    }

    /// A whole number as plain digits, or nil when it is not there.
    func integer(_ name: String) throws(StripeRefusal) -> Int? {
        guard let text = self[name] else { return nil }
        guard let value = Int(text), String(value) == text else {
            throw StripeRefusal(
                code: "parameter_invalid_integer", param: name, message: "Invalid integer: \(text)")
        }
        return value
    }

    /// The values of a list of plain values: `a[]=x` or `a[0]=x`.
    func list(_ name: String) -> [String] {
        pairs.filter { Self.patterns(of: $0.name).contains("\(name)[#]") }.map(\.value)
    }

    /// The members of a map of texts, within Stripe's bounds for metadata.
    func map(_ name: String) throws(StripeRefusal) -> [String: String] {
        var members: [String: String] = [:]
        for pair in pairs where pair.name.hasPrefix("\(name)[") {
            let key = String(pair.name.dropFirst(name.count + 1).dropLast())
            guard !key.isEmpty, key.count <= 40, pair.value.count <= 500 else {
                throw StripeRefusal(
                    param: pair.name, message: "Metadata keys have up to 40 characters, values 500."
                )
            }
            members[key] = pair.value
        }
        guard members.count <= 50 else {
            throw StripeRefusal(param: name, message: "Metadata has up to 50 keys.")
        }
        return members
    }

    /// How many elements a list of objects has: `a[0][b]`, `a[1][b]`, without gaps.
    func count(_ name: String) throws(StripeRefusal) -> Int {
        var indexes: Set<Int> = []
        for pair in pairs where pair.name.hasPrefix("\(name)[") {
            let digits = pair.name.dropFirst(name.count + 1).prefix { $0 != "]" }
            guard let index = Int(digits) else {
                throw StripeRefusal(param: pair.name, message: "Invalid array index: \(digits)")
            }
            indexes.insert(index)
        }
        guard indexes == Set(0..<indexes.count) else {
            throw StripeRefusal(param: name, message: "Array indexes start at 0, without gaps.")
        }
        return indexes.count
    }

    /// `a[0][b]` as `a[#][b]`, and with its last part as `[*]` for maps.
    private static func patterns(of name: String) -> [String] {
        guard let bracket = name.firstIndex(of: "["), name.hasSuffix("]") else { return [name] }
        let keys = name[bracket...].dropFirst().dropLast().split(
            separator: "][", omittingEmptySubsequences: false)
        let head = String(name[..<bracket])
        let indexed = keys.map { key in
            key.allSatisfy(\.isNumber) ? "#" : String(key)
        }
        func joined(_ keys: [String]) -> String {
            head + keys.map { "[\($0)]" }.joined()
        }
        return [joined(indexed), joined(indexed.dropLast() + ["*"])]
    }
}
