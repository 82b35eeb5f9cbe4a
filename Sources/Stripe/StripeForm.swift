/// Parameters of a call in Stripe's form encoding: `a[b]=c`, names with bare brackets, values
/// percent-encoded with `+` for a space, as its own libraries send them.
struct StripeForm {
    private var pairs: [String] = []

    mutating func add(_ name: String, _ value: String) {
        pairs.append("\(name)=\(Self.encode(value))")
    }

    mutating func add(_ name: String, _ value: Int) {
        add(name, String(value))
    }

    mutating func add(_ name: String, _ value: Bool) {
        add(name, value ? "true" : "false")
    }

    /// One parameter for each pair, in the order of the names, so that a retry is byte-identical.
    mutating func add(_ name: String, _ values: [String: String]) {
        for (key, value) in values.sorted(by: { $0.key < $1.key }) {
            add("\(name)[\(Self.encode(key))]", value)
        }
    }

    var text: String { pairs.joined(separator: "&") }
    var bytes: [UInt8] { Array(text.utf8) }

    /// application/x-www-form-urlencoded (URL Standard, section 5), on UTF-8.
    static func encode(_ value: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
                UInt8(ascii: "."), UInt8(ascii: "*"):
                bytes.append(byte)
            case UInt8(ascii: " "):
                bytes.append(UInt8(ascii: "+"))
            default:
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
