import Domain
import JSON

extension VideoDraft {
    /// The vendor's input as an array of pairs, which keeps its order.
    var vendorInputJSON: String {
        var json = JSONWriter()
        json.beginArray()
        for field in vendorInput {
            json.beginArray()
            json.string(field.name)
            switch field.value {
            case .string(let text): json.string(text)
            case .integer(let number): json.integer(number)
            }
            json.endArray()
        }
        json.endArray()
        return String(decoding: json.bytes, as: UTF8.self)
    }
}

extension [VendorField] {
    /// Reads what ``VideoDraft/vendorInputJSON`` wrote.
    init(json text: String) throws {
        guard let pairs = try JSONValue(parsing: [UInt8](text.utf8)).array else {
            throw BooksDisagree("a job's vendor input is unreadable")
        }
        self = try pairs.map { pair in
            guard let pair = pair.array, pair.count == 2, let name = pair[0].string else {
                throw BooksDisagree("a job's vendor input is unreadable")
            }
            switch pair[1] {
            case .string(let text): return VendorField(name, .string(text))
            case .integer(let number): return VendorField(name, .integer(Int(number)))
            default: throw BooksDisagree("a job's vendor input is unreadable")
            }
        }
    }
}
