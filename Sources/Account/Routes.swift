// Account: what somebody does with their own account: the second factor, their receipts, the servers
// that are told, the file with all their data, the removal. It knows Web's kernel (routes, contexts,
// callers) and how a code is checked.

package import Web

/// Each route stands beside its handler.
package let routes: [Route] = [
    SecondFactors.routes, PaymentDocuments.routes, Departures.routes, Exports.routes,
    WebhookEndpoints.routes, WebhookDeliveries.routes,
].flatMap { $0 }
