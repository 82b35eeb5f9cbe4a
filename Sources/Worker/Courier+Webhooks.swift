import Addresses
import Curl
import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import Sodium
package import Store
import Texts

extension Courier {
    /// How long a server has that is not known to be slow, and one that is tested.
    private static let hurry = Duration.seconds(5)

    /// Sends the next webhook that is due in the lane, or in both. Returns whether there was one.
    package func sendNextWebhook(_ lane: WebhookLane? = nil) throws -> Bool {
        guard let claimed = try database.claimWebhook(lane, lasting: Self.lease) else {
            return false
        }
        squad?.call()
        let claim = claimed.claim
        guard let body = try body(of: claimed) else {
            try persist(claim, patience: patience) {
                try database.noteEnd(
                    claimed, statusCode: nil, problem: "The video was deleted.", took: .zero,
                    retryAfter: nil, wasSent: false)
            }
            return true
        }
        let secret =
            try claimed.secret
            ?? database.keepWebhookSecret(of: claimed.accountID, orElse: randomBytes(32))
        let started = ContinuousClock.now
        let isHurried = lane == .fast || claimed.subject == .test
        let (status, problem) = send(
            body, of: claimed, secret: secret, within: isHurried ? Self.hurry : nil)
        let took = started.duration(to: .now)
        let delay =
            problem == nil
            ? nil : RetrySchedule.webhook.delay(afterFailures: claim.failures + 1)
        try persist(claim, patience: patience) {
            try database.noteEnd(
                claimed, statusCode: status, problem: problem, took: took, retryAfter: delay)
        }
        return true
    }

    /// Sends the request once and judges its answer: only a 2xx is a success, a redirect is not.
    /// What else the answer says is not read.
    private func send(
        _ body: [UInt8], of webhook: ClaimedWebhook, secret: [UInt8], within timeout: Duration?
    ) -> (status: Int?, problem: String?) {
        let url: WebURL
        do throws(AddressProblem) {
            // Judged again: what was excepted when it was registered may not be any more.
            url = try WebURL(public: webhook.url, except: settings.exceptOrigins)
        } catch {
            return (nil, error.phrase.text())
        }
        let signature = WebhookSignature(
            id: "msg_\(webhook.claim.id)", timestamp: Int(Date().timeIntervalSince1970),
            body: body, secret: secret)
        do throws(TransportError) {
            var request = OutboundRequest(
                method: .post, url: url.text, fields: signature.fields, body: body)
            request.timeout = timeout
            request.readsBody = false
            let code = try curl.send(request).status.code
            return (code, (200..<300).contains(code) ? nil : "The answer was \(code).")
        } catch {
            return (nil, error.message)
        }
    }

    /// `{"type", "timestamp", "data"}`: the same bytes each time, for what it tells of has ended.
    /// Nil when the job is not there any more.
    private func body(of webhook: ClaimedWebhook) throws -> [UInt8]? {
        var video: Video?
        if case .job(let id) = webhook.subject {
            video = try database.video(id, of: webhook.accountID)
            if video == nil { return nil }
        }
        var json = JSONWriter(capacity: 1024)
        json.beginObject()
        json.member("type", webhook.type)
        json.member("timestamp", video?.completedAt ?? webhook.claim.createdAt)
        json.key("data")
        json.beginObject()
        switch webhook.subject {
        case .job:
            if let video {
                VideoAnswer(video, estimate: nil, appURL: settings.appURL)
                    .writeMembers(to: &json)
            }
        case .balance(let available):
            json.member("available", available)
            json.member("threshold", lowBalanceThreshold)
        case .test:
            json.member("message", "Your endpoint works.")
        }
        json.endObject()
        json.endObject()
        return json.bytes
    }
}
