/// Where finished videos and pictures are kept.
struct MediaSettings: Sendable {
    let folder: String

    init?(_ reader: SettingsReader) {
        let path = reader.value(
            "MEDIA_URL", "`file:` and the folder of the finished videos and the pictures",
            default: "file:media"
        ) { text throws(Unusable) in
            guard let path = try folderPath(of: text) else {
                throw Unusable("must be a folder such as file:/var/lib/rushes/media")
            }
            return path
        }
        guard let path else { return nil }
        folder = path
    }
}
