import HTTP
import HTTPTypes
import JSON

/// What Pollo says when it does not do what it was asked for: also that which a test lets it say.
package struct PolloRefusal: Error, Sendable {
    package let status: Int
    let code: String
    let message: String
    /// What is wrong with an input, a sentence for each bad field.
    let issues: [String]

    package init(_ status: Int, _ code: String, _ message: String, issues: [String] = []) {
        self.status = status
        self.code = code
        self.message = message
        self.issues = issues
    }

    package static let noKey = Self(401, "UNAUTHORIZED", "x-api-key is missing")
    /// Also the answer to an unknown key, indeed (docs/pollo.md).
    package static let notFound = Self(404, "NOT_FOUND", "Not found")
    package static let noTask = Self(404, "NOT_FOUND", "NOT_FOUND_ERROR")
    package static let modelNotEnabled = Self(
        403, "FORBIDDEN", "This model is not enabled for API access.")
    package static let noCredits = Self(403, "FORBIDDEN", "Not enough credits. Please add more.")
    package static let parallelLimit = Self(
        429, "PARALLEL_TASK_LIMIT_REACHED", "Parallel task limit reached")
    package static let rateLimit = Self(429, "RATE_LIMIT_EXCEEDED", "Too many requests")
    package static let serverError = Self(500, "INTERNAL_SERVER_ERROR", "Something went wrong")
    static let notJSON = Self(400, "BAD_REQUEST", "The body is not JSON")

    package static func invalid(_ issues: [String] = []) -> Self {
        Self(400, "BAD_REQUEST", "Input validation failed", issues: issues)
    }

    var response: Response {
        .json(.init(code: status)) { json in
            json.beginObject()
            json.member("message", message)
            json.member("code", code)
            if !issues.isEmpty {
                json.key("issues")
                json.beginArray()
                for issue in issues {
                    json.beginObject()
                    json.member("message", issue)
                    json.endObject()
                }
                json.endArray()
            }
            json.endObject()
        }
    }
}

extension Response {
    /// The page of the vendor's front, which stands before the platform.
    static func challenge(status: HTTPResponse.Status = .forbidden) -> Response {
        .html("<!DOCTYPE html><title>Just a moment...</title>", status: status)
    }
}
