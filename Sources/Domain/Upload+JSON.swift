package import JSON

/// An upload as its owner sees it.
package struct UploadAnswer: JSONObject {
    package let upload: Upload
    private let appURL: String

    package init(_ upload: Upload, appURL: String) {
        self.upload = upload
        self.appURL = appURL
    }

    package static var schemaName: String? { "Upload" }

    package static func list<List: FieldList>(_ fields: inout List)
    where List.Source == UploadAnswer {
        fields.field("id", "An order takes it as `image` or `imageTail`.") { $0.upload.id }
        fields.field(
            "url", "Whoever has this address may look at the picture.", as: .text(format: "uri"),
            example: "https://rushes.example/pictures/3f2a9c0d5e7b41868d0f1a2b3c4d5e6f.jpg".quoted
        ) { $0.upload.name.url(at: $0.appURL) }
        fields.field("width", example: "2048") { $0.upload.facts.width }
        fields.field("height", example: "1536") { $0.upload.facts.height }
        fields.field("sizeBytes", example: "812345") { $0.upload.facts.sizeBytes }
        fields.field("createdAt") { $0.upload.createdAt }
        fields.field(
            "expiresAt", "When it goes; null once a video was made from it."
        ) { $0.upload.expiresAt }
    }
}
