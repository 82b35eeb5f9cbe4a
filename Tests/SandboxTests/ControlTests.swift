import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import Pollo
import Stripe
import Testing

struct ControlTests {
    @Test func `events that are switched off happen, are listed and are told to nobody`() throws {
        let world = try World()
        try world.post("/control/stripe/hooks", "enabled=false")
        try world.post("/checkout/\(try world.session().id)/pay")
        world.pass(10)
        #expect(world.received.isEmpty)
        let events = try world.stripe.events(createdFrom: .distantPast)
        let event = try #require(events.data.first { $0.objectKind == "checkout.session" })
        try world.post("/control/stripe/hooks", "enabled=true")
        try world.post("/control/stripe/events/\(event.id)/resend", "times=3")
        world.pass(1)
        #expect(world.eventTypes == Array(repeating: "checkout.session.completed", count: 3))
    }

    @Test(arguments: ["created", "reversed"])
    func `events that were held back are let go in the order asked for`(order: String) throws {
        let world = try World()
        let session = try world.session()
        try world.post("/control/stripe/hold")
        try world.post("/checkout/\(session.id)/pay")
        try world.post("/control/stripe/payments/\(session.id)/refund")
        world.pass(10)
        #expect(world.received.isEmpty)
        let all = try world.items("/control/stripe/events").compactMap { $0["type"]?.string }
        #expect(all.count == 5)
        try world.post("/control/stripe/release", "order=\(order)")
        for _ in 0..<10 { world.pass(0.5) }
        #expect(world.eventTypes == (order == "created" ? all : all.reversed()))
    }

    @Test func `held events are let go in any order that names them all`() throws {
        let world = try World()
        try world.post("/control/stripe/hold")
        try world.post("/checkout/\(try world.session().id)/pay")
        let ids = try world.items("/control/stripe/events").compactMap { $0["id"]?.string }
        #expect(try world.post("/control/stripe/release", "order=\(ids[0])").status == .conflict)
        let order = [ids[1], ids[2], ids[0]]
        try world.post(
            "/control/stripe/release", "order=\(order.joined(separator: ","))&times=2")
        for _ in 0..<10 { world.pass(0.5) }
        let told = world.received.compactMap { StripeEvent($0.body ?? [])?.id }
        #expect(told == order.flatMap { [$0, $0] })
    }

    @Test func `a task can be ended late, against its first end, and called back again`() throws {
        let world = try World()
        let id = try world.order("a fox !fail")
        world.pass(2)
        try world.post("/control/pollo/tasks/\(id)/finish", "status=succeed")
        world.pass(1)
        guard case .succeeded = try world.pollo.status(of: id).state else {
            Issue.record("still failed")
            return
        }
        #expect(world.received.count == 2)
        try world.post("/control/pollo/tasks/\(id)/callback", "times=4")
        world.pass(1)
        #expect(world.received.count == 6)
        #expect(try world.post("/control/pollo/tasks/none/callback").status == .conflict)
    }

    @Test func `create calls are counted by callback address`() throws {
        let world = try World()
        _ = try world.order("a fox", hook: "https://shop.example/hook/1")
        _ = try world.order("a fox", hook: "https://shop.example/hook/1")
        _ = try world.order("a fox", hook: "https://shop.example/hook/2")
        let items = try world.items("/control/pollo/creates")
        #expect(items.compactMap { $0["count"]?.integer } == [2, 1])
        let one = try world.items(
            "/control/pollo/creates?webhookUrl=https%3A%2F%2Fshop.example%2Fhook%2F2")
        #expect(one.compactMap { $0["created"]?.integer } == [1])
    }

    @Test func `a browser is led back to the index, anybody else gets JSON`() throws {
        let world = try World()
        let page = try world.send(
            OutboundRequest(
                method: .post, url: "/control/pollo/hooks",
                fields: [.accept: "text/html,*/*"], body: Array("enabled=false".utf8)))
        #expect(page.status == .seeOther)
        #expect(page.location == "/")
        let json = try world.send(
            OutboundRequest(
                method: .post, url: "/control/pollo/hooks", body: Array(#"{"enabled":true}"#.utf8)))
        #expect(json.text == #"{"done":true}"#)
    }

    @Test(arguments: [
        ("/control/pollo/balance", "credits=-1"), ("/control/pollo/balance", "credits=1.234"),
        ("/control/pollo/balance", ""), ("/control/pollo/models", "model=none&enabled=true"),
        ("/control/pollo/parallel", "limit=x"), ("/control/stripe/hooks", "enabled=perhaps"),
        ("/control/stripe/events/evt_none/resend", ""),
        ("/control/stripe/payments/pi_none/refund", ""),
        ("/control/stripe/disputes/du_none/win", ""),
    ])
    func `a wrong field or object changes nothing and says so`(path: String, form: String) throws {
        let world = try World()
        #expect(try world.post(path, form).status == .conflict)
    }

    @Test func `the help names controls that exist`() throws {
        let world = try World()
        let help = try world.get("/control").text
        let looks = help.split(separator: "\n").filter { $0.hasPrefix("GET") }
            .compactMap { $0.split(separator: " ").dropFirst().first }
        #expect(looks.count == 6)
        for path in looks where !path.contains("{") {
            let plain = path.prefix { $0 != "[" }
            #expect(try world.get(String(plain)).status == .ok, "\(plain)")
        }
    }

    @Test func `reset forgets everything`() throws {
        let world = try World()
        _ = try world.order("a fox")
        try world.post("/control/reset")
        #expect(try world.items("/control/pollo/tasks").isEmpty)
        #expect(try world.pollo.balance().availableHundredths == 100_000_000)
    }

    @Test func `the index shows foreign text as text`() throws {
        let world = try World()
        _ = try world.order("<script>alert(1)</script> & a fox")
        let page = try world.get("/").text
        #expect(!page.contains("<script"))
        #expect(page.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; a fox"))
    }
}

struct FaultTests {
    @Test func `a fault answers in the vendor's stead, as often as it says`() throws {
        let world = try World()
        let id = try world.order("a fox")
        try world.post(
            "/control/faults",
            "path=/api/platform/generation/&method=GET&count=2&status=503&contentType=text/html"
                + "&body=%3Chtml%3E")
        for _ in 0..<2 {
            let error = #expect(throws: PolloStatusFailure.self) {
                try world.pollo.status(of: id)
            }
            #expect(error?.kind == .obstacle(.challenge))
        }
        #expect(try world.pollo.status(of: id).state == .inProgress)
    }

    @Test func `a fault afterwards lets the request have its effect`() throws {
        let world = try World()
        try world.post("/control/faults", "path=/v1/checkout&when=after")
        let error = #expect(throws: StripeError.self) { try world.session(key: "k") }
        guard case .unknown = error else {
            Issue.record("known")
            return
        }
        let made = try world.items("/control/stripe/sessions")
        #expect(made.count == 1)
        #expect(try world.session(key: "k").id == made.first?["id"]?.string)
    }

    @Test func `a fault can cut the true answer short`() throws {
        let world = try World()
        let path = "/checkout/\(try world.session().id)"
        let whole = try world.get(path).body
        try world.post("/control/faults", "path=/checkout/&percent=50")
        #expect(try world.get(path).body == Array(whole.prefix(whole.count / 2)))
        #expect(try world.get(path).body == whole)
    }

    @Test(arguments: ["999999999999999", "-5", "1e400", #""text""#, "[1, {}]", "null"])
    func `a fault can put anything into a member of the true answer`(value: String) throws {
        let world = try World()
        let id = try world.order("a fox")
        try world.post(
            "/control/faults",
            "path=/api/platform/generation/&method=GET&field=credit&value=\(value)")
        let path = "/api/platform/generation/\(id)/status"
        let answer = try world.send(
            OutboundRequest(
                method: .get, url: path,
                fields: [try #require(HTTPField.Name("x-api-key")): "pollo_key"])
        ).text
        #expect(answer.contains(#""credit":\#(value),"generations""#), "\(answer)")
        #expect(try world.pollo.status(of: id).creditHundredths == 583)
    }

    @Test func `a fault can be meant for bodies with a text`() throws {
        let world = try World()
        try world.post(
            "/control/faults", "path=/api/platform/generation/&status=403&contains=forbidden+words")
        _ = try world.order("a fox")
        #expect(throws: PolloCreateFailure.self) { try world.order("forbidden words") }
        _ = try world.order("forbidden words")
    }

    @Test func `a fault of a whole path meets the list and not its objects`() throws {
        let world = try World()
        let session = try world.session()
        try world.post(
            "/control/faults", "path=/v1/checkout/sessions&exact=true&method=GET&status=403&count=9"
        )
        #expect(try world.stripe.checkoutSession(id: session.id).id == session.id)
        #expect(throws: StripeError.self) {
            try world.stripe.completedSessions(createdFrom: world.now)
        }
    }

    @Test func `faults can be taken back, and never stand in the way of the controls`() throws {
        let world = try World()
        try world.post("/control/faults", "path=/&count=100&status=500")
        #expect(try world.get("/").status == .internalServerError)
        #expect(try world.get("/control/state").status == .ok)
        _ = try world.send(OutboundRequest(method: .delete, url: "/control/faults"))
        #expect(try world.get("/").status == .ok)
    }

    @Test(
        arguments: [
            "", "path=files", "path=/&status=99", "path=/&when=never", "path=/&count=0",
            "path=/&percent=101", "path=/&exact=perhaps",
        ])
    func `a fault that makes no sense is refused`(form: String) throws {
        #expect(try World().post("/control/faults", form).status == .badRequest)
    }
}

struct MailTests {
    private func world() throws -> World {
        let world = try World()
        let folder = "\(world.folder)/mail"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        let mail =
            "From: shop@example.com\r\nTo: ada@example.com\r\nSubject: Confirm\r\n your address\r\n"
            + "\r\n<b>Hello</b>, open https://shop.example/verify?token=abc or\r\n"
            + "(https://shop.example/help).\r\n"
        try Data(mail.utf8).write(to: URL(filePath: "\(folder)/1.eml"))
        try Data("secret".utf8).write(to: URL(filePath: "\(folder)/other.txt"))
        return world
    }

    @Test func `caught mail is listed with its links`() throws {
        let items = try world().items("/control/mail")
        #expect(items.count == 1)
        #expect(items[0]["to"]?.string == "ada@example.com")
        #expect(items[0]["subject"]?.string == "Confirm your address")
        #expect(
            items[0]["links"]?.array?.compactMap(\.string) == [
                "https://shop.example/verify?token=abc", "https://shop.example/help",
            ])
    }

    @Test func `a mail is shown as text`() throws {
        let page = try world().get("/mail/1.eml").text
        #expect(page.contains("&lt;b&gt;Hello&lt;/b&gt;"))
        #expect(page.contains(#"<a href="https://shop.example/verify?token=abc">"#))
    }

    @Test(arguments: ["other.txt", "..", ".eml", "2.eml"])
    func `nothing else in the folder is shown`(name: String) throws {
        let world = try world()
        #expect(try world.get("/mail/\(name)").status == .notFound)
        #expect(try world.get("/control/mail/\(name)").status == .notFound)
    }
}
