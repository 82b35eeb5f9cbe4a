import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import Pollo
import Testing

private func failure<Value>(_ work: () throws -> Value) -> PolloCreateFailure? {
    do {
        _ = try work()
        return nil
    } catch {
        return error as? PolloCreateFailure
    }
}

struct PolloOrderTests {
    @Test func `a video goes from waiting to done, and its file and callback exist`() throws {
        let world = try World()
        let id = try world.order("a fox")
        #expect(id.hasPrefix("cm"))
        #expect(id.count == 25)
        #expect(try world.pollo.status(of: id).state == .inProgress)
        world.pass(0.5)
        #expect(try world.pollo.status(of: id).state == .inProgress)
        #expect(world.received.isEmpty)
        world.pass(1.5)
        let task = try world.pollo.status(of: id)
        guard case .succeeded(let url) = task.state else {
            Issue.record("\(task.state)")
            return
        }
        #expect(task.creditHundredths == 583)
        let file = try world.get(url)
        #expect(file.status == .ok)
        #expect(file.text == "video")
        #expect(world.received.count == 1)
        #expect(world.received[0].url == "https://shop.example/hook/1")
        #expect(PolloCallback.taskID(in: world.received[0].body ?? []) == id)
    }

    @Test func `a link to a file ends, and a new one is given out until the file is gone`() throws {
        func link(_ world: World, _ id: String) throws -> String {
            guard case .succeeded(let url) = try world.pollo.status(of: id).state else {
                Issue.record("not done")
                return ""
            }
            return url
        }
        let world = try World()
        let id = try world.order("a fox")
        try world.post("/control/pollo/links", "seconds=60")
        world.pass(2)
        let first = try link(world, id)
        #expect(try world.get(first).status == .ok)
        world.pass(61)
        #expect(try world.get(first).status == .forbidden)
        #expect(try world.get(link(world, id)).status == .ok)
        #expect(try world.get(String(first.prefix { $0 != "?" })).status == .forbidden)
        world.pass(14 * 86_400)
        #expect(try world.get(link(world, id)).status == .forbidden)
    }

    @Test func `two orders can be answered with one task, and both call back`() throws {
        let world = try World()
        try world.post("/control/pollo/repeat", "count=2")
        let first = try world.order("a fox")
        #expect(try world.order("another fox") == first)
        #expect(try world.order("a third") != first)
        world.pass(2)
        let told = world.received.compactMap { PolloCallback.taskID(in: $0.body ?? []) }
        #expect(told.count { $0 == first } == 2)
        #expect(told.count == 3)
    }

    @Test(arguments: ["wrapped", "flat"])
    func `both shapes of the answers are read alike`(envelope: String) throws {
        let world = try World(["SANDBOX_POLLO_ENVELOPE": envelope])
        let id = try world.order("a fox")
        world.pass(2)
        #expect(try world.pollo.status(of: id).creditHundredths == 583)
        #expect(try world.pollo.balance().availableHundredths == 100_000_000 - 583)
        let body = try world.send(
            OutboundRequest(
                method: .get, url: "/api/platform/credit/balance",
                fields: [try #require(HTTPField.Name("x-api-key")): "pollo_key"])
        ).text
        #expect(body.contains("\"data\"") == (envelope == "wrapped"))
    }

    @Test func `callbacks are signed as the reference says`() throws {
        let world = try World()
        _ = try world.order("a fox !fail")
        world.pass(2)
        let request = try #require(world.received.first)
        func values(_ name: String) -> [String] {
            request.fields.filter { $0.name.canonicalName == name }.map(\.value)
        }
        func isGenuine(_ body: [UInt8], _ secret: String) -> Bool {
            PolloSignature.verify(
                id: values("x-webhook-id"), timestamp: values("x-webhook-timestamp"),
                signature: values("x-webhook-signature"), body: body, secret: secret)
        }
        let body = try #require(request.body)
        #expect(isGenuine(body, World.polloSecret))
        #expect(!isGenuine(body + [0x20], World.polloSecret))
        #expect(!isGenuine(body, "b3RoZXI="))
    }

    @Test func `the v1 family has its own paths and seconds`() throws {
        let world = try World()
        let client = PolloClient(
            apiKey: "pollo_key", base: "http://localhost:8487/api/platform", family: .v1,
            send: world.send)
        let id = try client.create(
            path: "pollo/pollo-v1-6",
            input: [
                VendorField("prompt", .string("a fox")), VendorField("resolution", .string("480p")),
                VendorField("length", .integer(10)),
            ], webhookURL: "https://shop.example/hook/1")
        world.pass(2)
        #expect(try client.status(of: id).creditHundredths == 1666)
    }

    @Test func `orders outlive a restart`() throws {
        let world = try World()
        let id = try world.order("a fox")
        try world.restart()
        world.pass(2)
        guard case .succeeded = try world.pollo.status(of: id).state else {
            Issue.record("not done")
            return
        }
        #expect(world.received.count == 1)
    }

    @Test func `a video that cannot be made fails with the reason`() throws {
        let world = try World()
        let id = try world.order("a broken fox")
        world.pass(2)
        #expect(try world.pollo.status(of: id).state == .failed(reason: "sandbox: no ffmpeg"))
    }

    @Test func `an unknown task is not found`() throws {
        let world = try World()
        let error = #expect(throws: PolloStatusFailure.self) {
            try world.pollo.status(of: "cm1234567890123456789012a")
        }
        #expect(error?.kind == .obstacle(.notFound))
    }
}

struct PolloRefusalTests {
    private func refusal(_ path: String, _ input: [VendorField]) throws -> String? {
        let world = try World()
        let error = failure {
            try world.pollo.create(path: path, input: input, webhookURL: "https://shop.example/1")
        }
        guard case .refused(let message) = error else { return nil }
        return message
    }

    private static let prompt = VendorField("prompt", .string("a fox"))
    private static let image = VendorField("image", .string("https://example.com/a.jpg"))

    @Test(arguments: [
        ("kling-ai/kling-v1-6", [prompt, VendorField("length", .integer(10))]),
        ("kling-ai/kling-v1-6", [prompt, VendorField("aspectRatio", .string("9:16"))]),
        ("kling-ai/kling-v1-6", [image, VendorField("mode", .string("pro"))]),
        ("kling-ai/kling-v1-6", [image, prompt, VendorField("strength", .integer(0))]),
        (
            "pollo/pollo-v1-6",
            [prompt, VendorField("resolution", .string("480p")), VendorField("seed", .integer(7))]
        ),
        ("pollo/pollo-v1-6", [image]),
        ("kling-ai/kling-v2-5-turbo", [prompt, VendorField("negativePrompt", .string("dogs"))]),
        ("runway/runway-gen-4-turbo", [image, VendorField("aspectRatio", .string("21:9"))]),
    ])
    func `what the reference allows is taken`(path: String, input: [VendorField]) throws {
        let world = try World()
        let id = try world.pollo.create(
            path: path, input: input, webhookURL: "https://shop.example/hook/1")
        #expect(!id.isEmpty)
    }

    @Test(arguments: [
        ("kling-ai/kling-v1-6", [], "prompt: required"),
        ("kling-ai/kling-v1-6", [VendorField("prompt", .string(""))], "prompt: must have 1"),
        ("kling-ai/kling-v1-6", [prompt, VendorField("length", .integer(6))], "length: must be"),
        ("kling-ai/kling-v1-6", [prompt, VendorField("length", .string("5"))], "length: must be"),
        ("kling-ai/kling-v1-6", [prompt, VendorField("duration", .integer(5))], "duration: unrec"),
        ("kling-ai/kling-v1-6", [prompt, VendorField("mode", .string("std"))], "mode: unrec"),
        ("kling-ai/kling-v1-6", [prompt, VendorField("seed", .integer(1))], "seed: unrec"),
        (
            "kling-ai/kling-v1-6", [prompt, VendorField("strength", .integer(101))],
            "strength: must"
        ),
        (
            "kling-ai/kling-v1-6", [prompt, VendorField("aspectRatio", .string("4:3"))],
            "aspectRatio: must"
        ),
        (
            "kling-ai/kling-v1-6", [image, VendorField("aspectRatio", .string("1:1"))],
            "aspectRatio"
        ),
        (
            "kling-ai/kling-v1-6",
            [VendorField("prompt", .string(String(repeating: "x", count: 2501)))], "prompt: must"
        ),
        ("pollo/pollo-v1-6", [prompt], "resolution: required"),
        (
            "pollo/pollo-v1-6", [image, VendorField("negativePrompt", .string("x"))],
            "negativePrompt"
        ),
        ("runway/runway-gen-4-turbo", [prompt], "image: required"),
        (
            "runway/runway-gen-4-turbo",
            [image, VendorField("resolution", .string("1920x1080"))], "resolution: unrec"
        ),
        (
            "kling-ai/kling-v1-6", [VendorField("image", .string("data:image/png;base64,AA"))],
            "image: must be an https URL"
        ),
        (
            "kling-ai/kling-v1-6", [VendorField("image", .string("http://example.com/a.jpg"))],
            "image: must be an https URL"
        ),
    ])
    func `what it does not allow is refused by name`(
        path: String, input: [VendorField], message: String
    ) throws {
        let found = try #require(try refusal(path, input))
        #expect(found.contains(message), "\(found)")
    }

    @Test func `an unknown key is answered as an unknown page is, a missing one is not`() throws {
        let world = try World()
        func kind(_ key: String) -> PolloStatusFailure.Kind? {
            let client = PolloClient(
                apiKey: key, base: "http://localhost:8487/api/platform", family: .classic,
                send: world.send)
            do throws(PolloStatusFailure) {
                _ = try client.balance()
                return nil
            } catch {
                return error.kind
            }
        }
        #expect(kind("pollo_key") == nil)
        #expect(kind("pollo_other") == .obstacle(.notFound))
        #expect(kind("") == .obstacle(.unauthorized))
    }

    @Test func `a client without a name gets a page of the vendor's front`() throws {
        let world = try World()
        let response = try world.send(
            OutboundRequest(
                method: .get, url: "/api/platform/credit/balance", fields: [.userAgent: ""]))
        #expect(response.status == .forbidden)
        #expect(response.text.hasPrefix("<!DOCTYPE html>"))
    }

    @Test func `an empty balance, a disabled model and too many tasks each say so`() throws {
        let world = try World()
        try world.post("/control/pollo/balance", "credits=5.82")
        #expect(
            throws: PolloCreateFailure.notCreated(
                .balanceEmpty, "HTTP 403 FORBIDDEN Not enough credits. Please add more.")
        ) {
            try world.order("a fox")
        }
        try world.post("/control/pollo/balance", "credits=5.83")
        try world.post("/control/pollo/models", "model=kling-ai/kling-v1-6&enabled=false")
        guard case .notCreated(.modelNotEnabled, _) = failure({ try world.order("a fox") }) else {
            Issue.record("enabled")
            return
        }
        try world.post("/control/pollo/models", "model=kling-ai/kling-v1-6&enabled=true")
        _ = try world.order("a fox")
        #expect(try world.pollo.balance().availableHundredths == 0)

        try world.post("/control/pollo/balance", "credits=1000")
        for _ in 0..<4 { _ = try world.order("a fox") }
        guard case .notCreated(.rateLimited, _) = failure({ try world.order("a fox") }) else {
            Issue.record("no limit")
            return
        }
        world.pass(2)
        _ = try world.order("a fox")
    }
}

struct MagicWordTests {
    private func creates(_ world: World) throws -> (calls: Int64?, created: Int64?) {
        let item = try world.items("/control/pollo/creates").first
        return (item?["count"]?.integer, item?["created"]?.integer)
    }

    @Test func `fail and refuse end in a failed generation with a reason`() throws {
        let world = try World()
        for word in ["!fail", "!refuse"] {
            let id = try world.order("a fox \(word)")
            world.pass(2)
            guard case .failed(let reason) = try world.pollo.status(of: id).state else {
                Issue.record("not failed")
                return
            }
            #expect(reason.contains("moderation") == (word == "!refuse"))
        }
        #expect(world.received.count == 2)
    }

    @Test func `slow takes half a minute`() throws {
        let world = try World()
        let id = try world.order("a !slow fox")
        world.pass(29)
        #expect(try world.pollo.status(of: id).state == .inProgress)
        world.pass(1.5)
        #expect(try world.pollo.status(of: id).state != .inProgress)
    }

    @Test func `429 turns two calls away and takes the third`() throws {
        let world = try World()
        for _ in 0..<2 {
            guard case .notCreated(.rateLimited, _) = failure({ try world.order("a fox !429") })
            else {
                Issue.record("taken")
                return
            }
        }
        _ = try world.order("a fox !429")
        let (calls, created) = try creates(world)
        #expect(calls == 3)
        #expect(created == 1)
    }

    @Test func `500 has made the task, and only its own callback tells`() throws {
        let world = try World()
        guard case .unknown = failure({ try world.order("a fox !500") }) else {
            Issue.record("known")
            return
        }
        let (calls, created) = try creates(world)
        #expect(calls == 1)
        #expect(created == 1)
        world.pass(2)
        #expect(world.received.count == 1)
    }

    @Test func `lost has made the task and hangs up`() throws {
        let world = try World()
        #expect(failure { try world.order("a fox !lost") } == .unknown("hung up"))
        #expect(try creates(world).created == 1)
        world.pass(2)
        let id = try #require(PolloCallback.taskID(in: world.received.first?.body ?? []))
        guard case .succeeded = try world.pollo.status(of: id).state else {
            Issue.record("not done")
            return
        }
    }

    @Test func `nowebhook stays silent, duplicate tells five times`() throws {
        let world = try World()
        _ = try world.order("a fox !nowebhook")
        world.pass(2)
        #expect(world.received.isEmpty)
        _ = try world.order("a fox !duplicate")
        world.pass(2)
        #expect(world.received.count == 5)
        #expect(Set(world.received.map { $0.body ?? [] }).count == 1)
    }

    @Test func `a word inside another one means nothing`() throws {
        let world = try World()
        let id = try world.order("a !failing fox, !slowly; 500!")
        world.pass(2)
        guard case .succeeded = try world.pollo.status(of: id).state else {
            Issue.record("not done")
            return
        }
    }
}

struct PictureTests {
    private func state(_ url: String, _ pictures: [String: InboundResponse]) throws -> String {
        let world = try World()
        world.pictures = pictures
        let id = try world.pollo.create(
            path: "kling-ai/kling-v1-6", input: [VendorField("image", .string(url))],
            webhookURL: "https://shop.example/hook/1")
        world.pass(2)
        switch try world.pollo.status(of: id).state {
        case .succeeded(let url): return try world.get(url).text
        case .failed(let reason): return reason
        case .inProgress, .succeededWithoutURL: return "not done"
        }
    }

    @Test func `a picture of the shop's is fetched and becomes the video`() throws {
        let url = "https://shop.example/uploads/a.png"
        let picture = InboundResponse(
            status: .ok, fields: [.contentType: "image/png"], body: Array("picture".utf8))
        #expect(try state(url, [url: picture]) == "picture")
    }

    @Test func `a picture that cannot be had fails the video, as it would there`() throws {
        let url = "https://shop.example/uploads/a.png"
        let page = InboundResponse(status: .ok, fields: [.contentType: "text/html"])
        #expect(try state(url, [:]).contains("HTTP 404"))
        #expect(try state(url, [url: page]).contains("text/html"))
    }

    @Test func `a picture of another site is left alone`() throws {
        #expect(try state("https://shop.example.org/a.png", [:]) == "video")
    }
}

struct UploadTests {
    @Test func `a signed place takes the picture, shows it, and can be ordered from`() throws {
        let world = try World()
        let name = try #require(HTTPField.Name("x-api-key"))
        let answer = try world.send(
            OutboundRequest(
                method: .post, url: "/api/platform/file/sign", fields: [name: "pollo_key"],
                body: Array(
                    #"{"action":"putObject","filename":"a.png","type":"image/png"}"#.utf8)))
        let data = try #require(try JSONValue(parsing: answer.body)["data"])
        let signedURL = try #require(data["signedUrl"]?.string)
        let fileURL = try #require(data["fileUrl"]?.string)
        func put(_ url: String, _ type: String) throws -> Int {
            try world.send(
                OutboundRequest(
                    method: .put, url: url, fields: [.contentType: type], body: [1, 2, 3])
            ).status.code
        }
        #expect(try put(fileURL, "image/png") == 403)
        #expect(try put(signedURL, "image/jpeg") == 403)
        #expect(try put(signedURL, "image/png") == 200)
        #expect(try world.get(fileURL).body == [1, 2, 3])
        _ = try world.pollo.create(
            path: "kling-ai/kling-v1-6", input: [VendorField("image", .string(fileURL))],
            webhookURL: "https://shop.example/hook/1")
    }

    @Test(arguments: ["/files/../state.json", "/files/x.mp4", "/files/.mp4", "/uploads/../state"])
    func `nothing but files of ours is served`(path: String) throws {
        let world = try World()
        try world.post("/control/stripe/hooks", "enabled=false")
        try world.restart()
        #expect(try world.get(path).status == .notFound)
    }
}
