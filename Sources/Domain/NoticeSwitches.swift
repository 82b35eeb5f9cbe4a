package import JSON
import Texts

/// Which mails somebody gets.
package struct NoticeSwitches: JSONField {
    private let muted: Set<NoticeKind>

    package init(muted: Set<NoticeKind>) {
        self.muted = muted
    }

    package func write(to json: inout JSONWriter) {
        json.beginObject()
        for kind in NoticeKind.optional {
            json.key(kind.rawValue)
            json.bool(!muted.contains(kind))
        }
        json.endObject()
    }

    private static func schema(required: [NoticeKind]) -> Schema {
        Schema.object(
            NoticeKind.optional.map { ($0.rawValue, .type("boolean")) },
            required: required.map(\.rawValue)
        ).with("additionalProperties", "false")
    }

    package static func schema(_ schemas: inout Schemas) -> Schema {
        schema(required: NoticeKind.optional)
    }

    package static var example: String {
        var json = JSONWriter()
        NoticeSwitches(muted: [.lowBalance]).write(to: &json)
        return String(decoding: json.bytes, as: UTF8.self)
    }

    /// What a body may switch on and off.
    package static let input = Input<[NoticeKind: Bool]>(
        "notifications", as: schema(required: []), isRequired: false,
        example: #"{"videoReady":false}"#
    ) { reader, name in
        guard let value = reader.given(name) else { return [:] }
        guard let members = value.object else {
            let example = Phrase.Value.text(#"{"receipt": false}"#)
            reader.refuse(name, .noticesMalformed, ["example": example])
            return nil
        }
        var changes: [NoticeKind: Bool] = [:]
        for (kindName, isOn) in members.sorted(by: { $0.key < $1.key }) {
            guard let kind = NoticeKind(rawValue: kindName), kind.isOptional else {
                let names = NoticeKind.optional.map(\.rawValue)
                reader.refuse("\(name).\(kindName)", .chooseAmong, ["names": .list(names)])
                continue
            }
            guard let isOn = isOn.bool else {
                reader.refuse("\(name).\(kindName)", .sendBoolean)
                continue
            }
            changes[kind] = isOn
        }
        return changes
    }
}
