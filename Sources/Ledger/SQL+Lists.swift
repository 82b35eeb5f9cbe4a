package import Domain
package import MariaDB

extension SQL {
    /// Lists in brackets of some of the ids each. There are three lengths of them, so that few
    /// texts of statements are made: an id may stand in one many times.
    package static func lists<Kind>(of ids: Set<ID<Kind>>) -> [SQL] {
        let ids = Array(ids)
        // At a thousand the server makes a table of a list.
        let largest = 500
        return stride(from: 0, to: ids.count, by: largest).map { start in
            let part = ids[start..<min(start + largest, ids.count)]
            let length = part.count == 1 ? 1 : part.count <= 20 ? 20 : largest
            var text = SQL.StringInterpolation(
                literalCapacity: 2 * length, interpolationCount: length)
            text.appendLiteral("(")
            text.appendInterpolation(ids[start])
            for number in 1..<max(length, 1) {
                text.appendLiteral(", ")
                text.appendInterpolation(number < part.count ? ids[start + number] : ids[start])
            }
            text.appendLiteral(")")
            return SQL(stringInterpolation: text)
        }
    }
}
