// Library: what owners do with finished videos (show them by a link, delete them, take several along),
// and what people see who have a link, without an account and without a script. It knows Web's kernel
// (routes, contexts, callers).

package import Web

/// Each route stands beside its handler.
package let routes: [Route] = [
    ShareLinks.routes, SharedVideos.routes, Removals.routes, Archives.routes,
    Watching.routes,
].flatMap { $0 }
