import FoundationEssentials
import HTTP
import HTTPTypes

/// A mail that was caught as a file.
struct CaughtMail {
    let name: String
    let source: String

    /// The value of a header field, unfolded; empty when there is none.
    func field(_ name: String) -> String {
        let head = source.prefix(through: "\n\n")
        var value: String?
        for line in head.split(separator: "\n") {
            if value != nil, line.first == " " || line.first == "\t" {
                value? += " " + line.trimmed
            } else if value != nil {
                break
            } else if line.lowercased().hasPrefix("\(name.lowercased()):") {
                value = line.dropFirst(name.count + 1).trimmed
            }
        }
        return value ?? ""
    }

    var body: String { String(source.dropFirst(source.prefix(through: "\n\n").count)) }

    /// The web addresses in the text, in their order.
    var links: [String] {
        let separators: Set<Character> = ["<", ">", "\"", "(", ")"]
        return body.replacing("=\n", with: "")
            .split { $0.isWhitespace || separators.contains($0) }
            .filter { $0.hasPrefix("http://") || $0.hasPrefix("https://") }
            .map(String.init)
    }
}

/// The folder that the shop's mail lands in (MAIL_URL).
extension Sandbox {
    static let mailLimit = 200

    /// The newest mails first.
    var caughtMail: [CaughtMail] {
        guard let folder = settings.mailFolder,
            let names = try? FileManager.default.contentsOfDirectory(atPath: folder)
        else { return [] }
        let files = names.filter { $0.hasSuffix(".eml") && !$0.hasPrefix(".") }
        let dated = files.map { name -> (name: String, date: Date) in
            let attributes = try? FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")
            return (name, attributes?[.modificationDate] as? Date ?? .distantPast)
        }
        return dated.sorted { ($0.date, $0.name) > ($1.date, $1.name) }
            .prefix(Self.mailLimit).compactMap { caughtMail($0.name) }
    }

    func caughtMail(_ name: String) -> CaughtMail? {
        guard let folder = settings.mailFolder, name.hasSuffix(".eml"), !name.hasPrefix("."),
            !name.contains("/"),
            let data = try? Data(contentsOf: URL(filePath: "\(folder)/\(name)"))
        else { return nil }
        let text = String(decoding: data, as: UTF8.self)
        return CaughtMail(name: name, source: text.replacing("\r\n", with: "\n"))
    }

    /// `GET /mail`: what was caught, newest first. `GET /mail/{name}`: one of them.
    func mail(_ path: ArraySlice<String>) -> Response {
        guard let name = path.first else {
            let rows = caughtMail.map { mail in
                [
                    Page.escape(mail.field("Date")), Page.escape(mail.field("To")),
                    #"<a href="/mail/\#(Page.escape(mail.name))">\#(Page.escape(mail.subject))</a>"#,
                ]
            }
            let table = Page.table("Mail that was caught", ["Date", "To", "Subject"], rows)
            return .html(Page.document("Mail", "<h1>Mail</h1>\(table)<p><a href=\"/\">All</a></p>"))
        }
        guard let mail = caughtMail(name) else { return .text(.notFound, "no such mail") }
        let links = mail.links.map {
            #"<li><a href="\#(Page.escape($0))">\#(Page.escape($0))</a></li>"#
        }
        return .html(
            Page.document(
                mail.subject,
                """
                <h1>\(Page.escape(mail.subject))</h1>
                <p class="dim">To \(Page.escape(mail.field("To"))),
                \(Page.escape(mail.field("Date")))</p>
                <pre>\(Page.escape(mail.body))</pre>
                <h2>Links</h2><ul>\(links.joined())</ul>
                <p><a href="/mail">All mail</a></p>
                """))
    }
}

extension CaughtMail {
    var subject: String {
        let subject = field("Subject")
        return subject.isEmpty ? "(no subject)" : subject
    }
}

extension String {
    /// Everything up to and with the first occurrence of `end`; all when there is none.
    fileprivate func prefix(through end: String) -> Substring {
        guard let range = firstRange(of: end) else { return self[...] }
        return self[..<range.upperBound]
    }
}
