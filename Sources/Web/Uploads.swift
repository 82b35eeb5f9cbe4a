import API
import Domain
import Entrance
import FoundationEssentials
import HTTP
import HTTPTypes
package import JSON
import Logging
import Media
import Sodium
import Store
import System
import Texts

extension Inputs {
    fileprivate static let pictureURL = Input.text(
        "url", "The address of a picture, which is fetched.", atMost: 2000, format: "uri",
        example: "https://images.example/boat.jpg")
}

/// The pictures that videos are made from. Each is judged, and made anew as a JPG of ours.
enum Uploads {
    static let routes: [Route] = .part(
        "Uploads",
        [
            Route(
                .post, "/api/uploads", "createUpload", by: .caller(.orderVideos), takes: body,
                answers: [
                    .created(UploadAnswer.self, "The same picture again is the same upload.")
                ],
                refuses: [.conflict, .triedTooOften],
                "Takes a JPG, PNG, WebP or HEIC of up to 10 MB, or fetches one", create),
            Route(
                .get, "/api/uploads", "listUploads", by: .caller(.readVideos),
                with: [Parameter].page,
                answers: [.ok(PageAnswer<UploadAnswer>.self, "A page.")],
                "The pictures that the account has sent, newest first", index),
            Route(
                .delete, "/api/uploads/:id", "deleteUpload", by: .caller(.orderVideos),
                answers: [.nothing("It is gone.")], refuses: [.conflict],
                "Takes a picture away; 409 while a video is made from it", destroy),
        ])

    /// What a form has around its file.
    private static let formBytes = 8 * 1024

    private static var body: Body {
        var body = Body("UploadFromAddress", Inputs.pictureURL)
        body.file = ("image", NotPicture.maxBytes + formBytes)
        return body
    }

    private static func create(_ context: Context, _ caller: Caller) throws -> Response {
        let type = context.request.source.parameter("CONTENT_TYPE") ?? ""
        let tries = Tries.picture(of: caller.account, context.site.tokens).keys
        switch MediaType(type)?.name {
        case "multipart/form-data":
            try context.database.countTry(tries)
            return try keep(sent(as: type, context), context, caller)
        case "application/json":
            context.body = try context.request.json(upTo: Body.Limit.short.bytes)
            let url = try address(context)
            try context.database.countTry(tries)
            return try keep(fetched(url, context), context, caller)
        default:
            throw Refused(.unsupportedMediaType, Phrase(.sendPictureForm))
        }
    }

    /// The file of the form, on disk.
    private static func sent(as type: String, _ context: Context) throws -> TemporaryFile {
        let folder = try context.settings.media.incoming()
        let most = NotPicture.maxBytes + formBytes
        let body = try context.request.source.body(within: .file(most, in: folder, beyond: 0))
        let form: TemporaryFile
        switch body {
        case .file(let file, _): form = file
        case .bytes(let bytes):
            form = try TemporaryFile(in: folder, prefix: "body")
            try form.write(bytes)
        }
        let picture = try TemporaryFile(in: folder, prefix: "picture")
        do {
            let count = try FormFile.copy(
                "image", of: type, in: OpenFile(path: form.path), to: picture)
            guard count <= NotPicture.maxBytes else {
                throw BodyTooLarge(limit: NotPicture.maxBytes)
            }
        } catch is FormFile.Malformed {
            throw InvalidInput("image", .pictureFormMalformed)
        }
        return picture
    }

    private static func address(_ context: Context) throws -> String {
        var reader = context.body.reader
        let url = reader.read(Inputs.pictureURL).flatMap {
            reader.publicAddress("url", $0, except: context.settings.exceptOrigins)
        }
        if url == nil { reader.refuse("url", .pictureAddressNeeded) }
        try reader.finish()
        return url ?? ""
    }

    /// What lies at the address, on disk.
    private static func fetched(_ url: String, _ context: Context) throws -> TemporaryFile {
        let file = try TemporaryFile(in: context.settings.media.incoming(), prefix: "picture")
        do {
            try context.site.threads.pass(.pictureServers) {
                try context.site.fetch(url, file.path)
            }
        } catch let error as TransportError {
            context.log.info("a picture was not fetched", metadata: ["error": "\(error.message)"])
            guard error.kind == .tooLarge else { throw InvalidInput("url", .pictureNotFetched) }
            throw InvalidInput(
                "url", .pictureFetchTooLarge, ["size": .number(NotPicture.maxBytes >> 20)])
        }
        return file
    }

    /// Makes the picture ours, under a name that nobody guesses.
    private static func keep(
        _ file: TemporaryFile, _ context: Context, _ caller: Caller
    ) throws -> Response {
        let picture: Picture
        do {
            picture = try context.site.threads.pass(.pictureTools) { try Picture(at: file.path) }
        } catch let problem as NotPicture {
            throw InvalidInput("image", problem.phrase)
        } catch CommandError.timedOut {
            // Its time on a processor is bounded, so that it was this machine that had none.
            throw Refusal.busy
        }
        let media = context.settings.media
        guard let name = PictureName(Hex.encode(randomBytes(16))) else { throw NotFound() }
        let upload = try context.database.keepUpload(
            .new(), name, picture.facts, of: caller.account, by: caller.person().id,
            isCounted: true)
        try media.put(picture, as: upload.name)
        try context.database.showUpload(upload)
        return .json(.created, UploadAnswer(upload, appURL: context.settings.appURL))
    }

    private static func index(_ context: Context, _ caller: Caller) throws -> Response {
        let page = try Page<UploadKind>(context.request)
        let uploads = try context.database.uploads(
            of: caller.account, before: page.cursor, limit: page.limit + 1)
        return .json(
            page.answer(uploads, id: \.id) {
                UploadAnswer($0, appURL: context.settings.appURL)
            })
    }

    private static func destroy(_ context: Context, _ caller: Caller) throws -> Response {
        let media = context.settings.media
        try context.database.deleteUpload(context.id(), of: caller.account) { name in
            try media.delete(name.key)
        }
        return .nothing
    }
}

extension Context {
    /// An order's members with the pictures that it names by an upload's id or address, each by its
    /// address. Throws ``InvalidInput`` for one that the account does not have (any more), before
    /// anything is held for it.
    package func withPictures(
        _ members: [String: JSONValue], of caller: Caller
    ) throws -> [String: JSONValue] {
        var members = members
        var problems: [InvalidInput.Field] = []
        for field in ["image", "imageTail"] {
            guard let text = members[field]?.string?.trimmed else { continue }
            let id = UploadID(text)
            guard id != nil || text.utf8.starts(with: "\(settings.appURL)/".utf8) else { continue }
            let name = PictureName(of: text, at: settings.appURL)
            let upload =
                id == nil && name == nil
                ? nil : try database.orderedUpload(id, name, of: caller.account)
            if let upload {
                members[field] = .string(upload.name.url(at: settings.appURL))
            } else {
                problems.append(.init(field, .pictureGone))
            }
        }
        guard problems.isEmpty else { throw InvalidInput(problems) }
        return members
    }
}
