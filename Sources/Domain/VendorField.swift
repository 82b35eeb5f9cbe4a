package import JSON

/// One member of the vendor's `input` object, in its order.
package struct VendorField: Hashable, Sendable {
    package enum Value: Hashable, Sendable {
        case string(String)
        case integer(Int)
    }

    package let name: String
    package let value: Value

    package init(_ name: String, _ value: Value) {
        self.name = name
        self.value = value
    }
}

extension VideoDraft {
    /// The vendor's `input`, in its classic naming: only fields that were given, and the defaults
    /// that it demands. `image` and `imageTail` are sent as they stand.
    package var vendorInput: [VendorField] {
        let rules = (settings.image == nil ? tier.fields.text : tier.fields.image) ?? [:]
        func string(_ name: String, _ value: String?) -> VendorField? {
            let sent = value ?? (rules[name]?.alwaysSent == true ? rules[name]?.default : nil)
            return sent.map { VendorField(name, .string($0)) }
        }
        func integer(_ name: String, _ value: Int?) -> VendorField? {
            let usual = rules[name]?.alwaysSent == true ? rules[name]?.default : nil
            let sent = value ?? usual.flatMap { Int($0) }
            return sent.map { VendorField(name, .integer($0)) }
        }
        return [
            string("image", settings.image),
            string("imageTail", settings.imageTail),
            string("prompt", settings.prompt),
            string("negativePrompt", settings.negativePrompt),
            string("resolution", settings.resolution),
            string("mode", settings.mode),
            integer("length", duration),
            integer("strength", settings.strength),
            string("aspectRatio", settings.aspectRatio),
            integer("seed", settings.seed),
        ].compactMap { $0 }
    }
}

// MARK: - As JSON

extension JSONWriter {
    package mutating func value(_ value: VendorField.Value) {
        switch value {
        case .string(let text): string(text)
        case .integer(let number): integer(number)
        }
    }
}

extension [VendorField] {
    /// An array of pairs, which keeps their order.
    package var json: String {
        var json = JSONWriter()
        json.beginArray()
        for field in self {
            json.beginArray()
            json.string(field.name)
            json.value(field.value)
            json.endArray()
        }
        json.endArray()
        return String(decoding: json.bytes, as: UTF8.self)
    }

    /// Reads what ``json`` wrote. Throws ``UnreadableVendorInput`` for anything else that is JSON.
    package init(json text: String) throws {
        guard let pairs = try JSONValue(parsing: [UInt8](text.utf8)).array else {
            throw UnreadableVendorInput()
        }
        self = try pairs.map { pair in
            guard let pair = pair.array, pair.count == 2, let name = pair[0].string else {
                throw UnreadableVendorInput()
            }
            switch pair[1] {
            case .string(let text): return VendorField(name, .string(text))
            case .integer(let number): return VendorField(name, .integer(Int(number)))
            default: throw UnreadableVendorInput()
            }
        }
    }
}

package struct UnreadableVendorInput: Error, CustomStringConvertible {
    package var description: String { "the vendor's input is no list of its fields" }
}
