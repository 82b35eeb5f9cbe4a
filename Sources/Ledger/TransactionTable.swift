import Domain

/// Lines of the ledger as a table for spreadsheets (RFC 4180).
package enum TransactionTable {
    /// How many one answer holds: some megabytes.
    package static let limit = 20_000

    private static let heading =
        "time,type,description,amount,balance_after,video,purchase,id\r\n"

    package static func bytes(of lines: [TransactionLine]) -> [UInt8] {
        var text = heading
        for line in lines {
            let cells = [
                line.createdAt.iso8601, line.type.rawValue, cell(line.description),
                line.amount.json, line.balanceAfter.json, line.jobID?.description ?? "",
                line.purchaseID?.description ?? "", line.id.description,
            ]
            text += cells.joined(separator: ",") + "\r\n"
        }
        return Array(text.utf8)
    }

    /// Words within quotes. What a spreadsheet would take for a formula gets an apostrophe before it,
    /// which tells it that it is text (OWASP, CSV injection); line ends become spaces.
    package static func cell(_ words: String) -> String {
        var cell = "\""
        if let first = words.unicodeScalars.first,
            "=+-@\t\r\n\u{FF1D}\u{FF0B}\u{FF0D}\u{FF20}"
                .unicodeScalars.contains(first)
        {
            cell += "'"
        }
        for scalar in words.unicodeScalars {
            switch scalar {
            case "\"": cell += "\"\""
            case "\r", "\n", "\t": cell += " "
            default: cell.unicodeScalars.append(scalar)
            }
        }
        return cell + "\""
    }
}
