import JSON
import Store

struct AnnouncementsAnswer: JSONObject {
    let all: Announcements

    static var schemaName: String? { "Announcements" }

    static func list<List: FieldList>(_ fields: inout List)
    where List.Source == AnnouncementsAnswer {
        fields.field("pauses", "Of each part.") { $0.all.pauses }
        fields.field("banner") { $0.all.banner }
    }
}
