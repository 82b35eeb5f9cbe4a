// Front: what the shop tells whoever comes in, without signing in and without a script: how it stands,
// what it sells, and what is paused. It knows Web's kernel and none of its handlers but the look at the
// health.

package import Web

/// Each route stands beside its handler.
package let routes: [Route] = [
    Status.routes, PriceTable.routes, PackTable.routes, AnnouncementBar.routes,
].flatMap { $0 }
