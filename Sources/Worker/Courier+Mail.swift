import Curl
import Domain
import FoundationEssentials
import Ledger
import Logging
import MariaDB
import Sodium
import Store
import System

extension Courier {
    /// Sends the next mail that is due. Returns whether there was one.
    package func sendNextMail() throws -> Bool {
        guard let mail = settings.mail, let claimed = try database.claimMail(lasting: Self.lease)
        else { return false }
        let claim = claimed.claim
        let found = try text(of: claimed.notice, for: claimed.userID)
        guard let text = found?.read(in: claimed.language, by: claimed.recipientName) else {
            try persist(claim, patience: patience) {
                try database.noteFailed(claim, problem: "it is gone", retryAfter: nil)
            }
            return true
        }
        let message = MailMessage(
            id: claim.id.description, sender: mail.sender, recipient: claimed.recipient,
            recipientName: claimed.recipientName, subject: text.subject, text: text.body,
            date: claim.createdAt)
        switch deliver(message, by: mail) {
        case nil:
            try persist(claim, patience: patience) { try database.noteSent(claim) }
            try database.noteHealthy("mail", detail: "the last mail was taken")
        case let problem?:
            let delay =
                problem.isFinal ? nil : RetrySchedule.mail.delay(afterFailures: claim.failures + 1)
            log.warning(
                delay == nil ? "a mail was given up" : "a mail has to wait",
                metadata: ["mail": "\(claim.id)", "problem": "\(problem.message)"])
            try persist(claim, patience: patience) {
                try database.noteFailed(claim, problem: problem.message, retryAfter: delay)
            }
            // One that is refused for good says nothing about the server.
            if !problem.isFinal {
                try database.setHealth("mail", isHealthy: false, detail: problem.message)
            }
        }
        return true
    }

    struct MailProblem {
        let message: String
        let isFinal: Bool
    }

    func deliver(_ message: MailMessage, by mail: MailSettings) -> MailProblem? {
        switch mail.route {
        case .server(let server):
            do throws(MailError) {
                try curl.send(
                    OutboundMail(
                        sender: mail.sender.address, recipient: message.recipient,
                        message: message.bytes), by: server)
                return nil
            } catch {
                return MailProblem(message: error.message, isFinal: error.isFinal)
            }
        case .folder(let folder):
            do throws(SystemError) {
                // Named by its id, so that the same mail again takes the place of the first.
                let file = try DurableFile(path: "\(folder)/\(message.id).eml")
                try file.write(message.bytes)
                try file.commit()
                return nil
            } catch {
                return MailProblem(message: "\(error)", isFinal: false)
            }
        }
    }

    /// Nil when what the mail would tell of is not there any more.
    private func text(of notice: Notice, for user: UserID) throws -> MailText? {
        let appURL = settings.appURL
        switch notice {
        case .videoReady(let id):
            return try database.video(id, orderedBy: user).map { .videoReady($0, appURL: appURL) }
        case .videoFailed(let id):
            return try database.video(id, orderedBy: user).map { .videoFailed($0, appURL: appURL) }
        case .videosReady(let call), .videosFailed(let call):
            return try MailText.videosEnded(
                database.videos(of: call, orderedBy: user), appURL: appURL)
        case .receipt(let id):
            guard let purchase = try database.purchase(id, boughtBy: user),
                let paidAt = purchase.paidAt
            else { return nil }
            let days = settings.creditPolicy.expiry.map { Int($0.components.seconds / 86_400) }
            return .receipt(purchase, paidAt: paidAt, lastingDays: days, appURL: appURL)
        case .creditLapsing(let amount, let date):
            return .creditLapsing(amount: amount, at: date, appURL: appURL)
        case .lowBalance(let available):
            return .lowBalance(available: available, appURL: appURL)
        case .addressToProve(let id), .passwordToReset(let id):
            // Nil too when the secret was changed twice since the mail was written.
            guard let link = try database.openLink(id),
                let token = settings.links.token(of: id.description, hash: link.hash)
            else { return nil }
            return .link(link.purpose, token: token, appURL: appURL)
        case .passwordChanged: return .passwordChanged(appURL: appURL)
        case .addressChanging(let address): return .addressChanging(to: address, appURL: appURL)
        case .addressChanged(_, let address): return .addressChanged(to: address, appURL: appURL)
        case .addressInUse: return .addressInUse(appURL: appURL)
        case .signInsRefused: return .signInsRefused(appURL: appURL)
        case .secondFactorOn: return .secondFactor(isOn: true, appURL: appURL)
        case .secondFactorOff: return .secondFactor(isOn: false, appURL: appURL)
        case .exportReady: return .exportReady(appURL: appURL)
        case .accountLeaving(let date): return .accountLeaving(at: date, appURL: appURL)
        case .recoveryCodeUsed(let left):
            return .recoveryCodeUsed(left: left, appURL: appURL)
        case .webhookFailing(let url): return .webhookFailing(url, appURL: appURL)
        case .webhookOff(let url): return .webhookOff(url, appURL: appURL)
        case .test: return .test(appURL: appURL)
        }
    }
}
