// Console: what the operator sees and does over HTTP, on the site that Web makes. It knows Web's
// kernel (routes, contexts, callers) and none of its handlers.

package import Web

/// What the operator may call: each route stands beside its handler.
package let routes: [Route] = [
    Overviews.routes, People.routes, Records.routes, Disputes.routes, Prices.routes,
    Tiers.routes,
    Administration.routes, AuditTrail.routes, Repairs.routes, ShopHealth.routes, Announcing.routes,
].flatMap { $0 }
