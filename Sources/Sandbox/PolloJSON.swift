import FoundationEssentials
import HTTP
import JSON

extension PolloSite {
    /// An answer that is no refusal, in the vendor's envelope.
    func answer(_ payload: (inout JSONWriter) -> Void) -> Response {
        .json { json in
            json.beginObject()
            if envelope == .wrapped {
                json.member("code", "SUCCESS")
                json.member("message", "success")
                json.key("data")
                json.beginObject()
                payload(&json)
                json.endObject()
            } else {
                payload(&json)
            }
            json.endObject()
        }
    }
}

extension PolloOrder {
    func link(_ site: PolloSite, until end: Date) -> String {
        toldLink ?? "\(site.publicURL)/files/\(video.fileName)?expires=\(end.unixSeconds)"
    }

    /// The body of a callback: flat, as it was captured (docs/pollo.md).
    func callback(_ site: PolloSite, _ linkEndsAt: Date) -> String {
        var json = JSONWriter()
        json.beginObject()
        json.member("taskId", toldID ?? id)
        json.member("status", status.rawValue)
        json.key("generations")
        json.beginArray()
        writeGeneration(to: &json, site, linkEndsAt)
        json.endArray()
        json.endObject()
        return String(decoding: json.bytes, as: UTF8.self)
    }

    func writeGeneration(to json: inout JSONWriter, _ site: PolloSite, _ linkEndsAt: Date) {
        json.beginObject()
        json.member("id", generationID)
        json.member("status", status.rawValue)
        json.member("failMsg", status == .failed ? failMessage : nil)
        json.member("url", status == .succeed ? link(site, until: linkEndsAt) : "")
        json.member("mediaType", "video")
        json.member("createdDate", createdAt.milliseconds)
        json.member("updatedDate", updatedAt.milliseconds)
        json.endObject()
    }
}

extension Date {
    /// `2026-01-01T00:01:30.000Z`
    fileprivate var milliseconds: String {
        formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}

/// `1113` as `11.13`.
func decimal(hundredths: Int) -> String {
    let (whole, fraction) = abs(hundredths).quotientAndRemainder(dividingBy: 100)
    let digits = fraction < 10 ? "0\(fraction)" : "\(fraction)"
    return "\(hundredths < 0 ? "-" : "")\(whole).\(digits)"
}
