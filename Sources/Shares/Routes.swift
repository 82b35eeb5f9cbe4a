// Shares: the links by which owners show their videos, and what people see who have one, without an
// account and without a script. It knows Web's kernel (routes, contexts, callers).

package import Web

/// Each route stands beside its handler.
package let routes: [Route] = ShareLinks.routes + SharedVideos.routes
