package import HTTP
import HTTPTypes
import Media

extension Response {
    /// Hands the sending to nginx, which alone can reach `/_media/` and adds the `ETag`. A browser
    /// may keep the file but has to ask each time, so that it shows nothing after a sign-out.
    ///
    /// - Parameter disposition: as Content-Disposition says it, if at all.
    package static func stored(
        _ key: String, type: StaticString, disposition: String? = nil
    ) -> Response {
        var response = Response(
            status: .ok, contentType: type,
            fields: [
                .xAccelRedirect: Storage.link(to: key), .cacheControl: "private, no-cache",
            ])
        response.fields[.contentDisposition] = disposition
        return response
    }
}

extension HTTPField.Name {
    /// nginx, ngx_http_upstream_module: sends the file of this internal path instead of the body.
    fileprivate static let xAccelRedirect = HTTPField.Name("X-Accel-Redirect") ?? .location
}
