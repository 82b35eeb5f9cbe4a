import Glibc
package import HTTP
import HTTPTypes

extension Sandbox {
    /// Answers a request to any of the stand-ins.
    ///
    /// - Parameter send: how the payment page tells the shop before it sends the buyer back.
    package func respond(to request: Request, send: Send) -> Response {
        let incoming: Incoming
        do {
            incoming = try Incoming(request)
        } catch is BodyTooLarge {
            return .text(.contentTooLarge, "too large")
        } catch {
            return .text(.badRequest, "the body could not be read")
        }
        let hasFault = read { !$0.faults.isEmpty } && incoming.path.first != "control"
        guard hasFault,
            let fault = change({
                $0.takeFault(request.method.rawValue, request.path, incoming.body)
            })
        else { return answer(incoming, send) }
        if fault.percent != nil || fault.field != nil {
            var response = answer(incoming, send)
            response.body = fault.changed(response.body) ?? response.body
            usleep(UInt32(fault.delayMilliseconds) * 1000)
            return response
        }
        if fault.isAfterwards { _ = answer(incoming, send) }
        usleep(UInt32(fault.delayMilliseconds) * 1000)
        return fault.response
    }

    private func answer(_ request: Incoming, _ send: Send) -> Response {
        let path = request.path
        switch path.first {
        case "api" where path.count > 1 && path[1] == "platform":
            return pollo(path.dropFirst(2), request)
        case "v1":
            return stripe(path.dropFirst(), request)
        case "files" where path.count == 2 && (request.method == .get || request.method == .head):
            return video(path[1], request)
        case "uploads" where path.count == 2:
            return upload(path[1], request)
        default:
            break
        }
        // What is left is for people, whose browser may be on another site's page.
        if request.method != .get, request.header("HTTP_SEC_FETCH_SITE") == "cross-site" {
            return .text(.forbidden, "not from another site")
        }
        switch path.first {
        case nil where request.method == .get: return .html(index())
        case "checkout": return checkout(path.dropFirst(), request, send)
        case "control": return control(Array(path.dropFirst()), request)
        case "mail" where request.method == .get: return mail(path.dropFirst())
        case "specifications" where request.method == .get:
            return specification(path.dropFirst())
        default: return .text(.notFound, "There is nothing at /\(path.joined(separator: "/")).")
        }
    }
}
