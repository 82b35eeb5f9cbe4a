import FoundationEssentials
import Stripe
import Testing

@Suite struct `A balance transaction` {
    private func transactions(
        _ fields: String, source: String
    ) throws -> [StripeBalanceTransaction] {
        let text = """
            {"object":"list","has_more":false,"data":[{"id":"txn_1","object":"balance_transaction",
            "type":"charge","created":1767225600,\(fields),"source":\(source)}]}
            """
        return try Recorded(200, text).client.balanceTransactions(
            createdFrom: Date(timeIntervalSince1970: 1_767_000_000)
        ).data
    }

    private let charge = #"{"id":"ch_1","amount":1000,"currency":"usd","payment_intent":"pi_1"}"#

    @Test func `is asked for with what moved it, from an instant on`() throws {
        let recorded = Recorded(200, #"{"data":[],"has_more":false}"#)
        _ = try recorded.client.balanceTransactions(
            createdFrom: Date(timeIntervalSince1970: 1_767_000_000), after: "txn_9")
        #expect(
            recorded.wire == "GET https://stripe.example/v1/balance_transactions"
                + "?created[gte]=1767000000&limit=100&starting_after=txn_9"
                + "&expand[0]=data.source")
    }

    @Test(
        arguments: [
            (1000, 59, "usd", 1000, 59), (-1000, 0, "usd", -1000, 0), (920, 54, "eur", 1000, 59),
            (-920, 1380, "eur", -1000, 1500), (920, -54, "eur", 1000, -59),
            // Settled in yen, of which there are no hundredths.
            (1503, 89, "jpy", 1000, 59),
        ])
    func `says its amount and fee in the payment's currency`(
        amount: Int, fee: Int, currency: String, paid: Int, cost: Int
    ) throws {
        let read = try transactions(
            #""amount":\#(amount),"fee":\#(fee),"currency":"\#(currency)""#, source: charge)
        let meant = try #require(read.first?.inPaymentCurrency)
        #expect(meant == (paid, cost))
        #expect(read.first?.source?.paymentIntent == "pi_1")
    }

    @Test(
        arguments: [
            #""amount":1000,"fee":9223372036854775807,"currency":"usd""#,
            #""amount":-9223372036854775808,"fee":1,"currency":"eur""#,
            #""amount":0,"fee":1,"currency":"eur""#,
            #""amount":1,"fee":1000000000000,"currency":"eur""#,
            #""amount":"1000","fee":59,"currency":"usd""#, #""amount":1000,"currency":"usd""#,
            #""amount":10.5,"fee":1e30,"currency":"usd""#,
        ])
    func `that is not as promised says nothing, and breaks no list`(fields: String) throws {
        let read = try transactions(fields, source: charge)
        #expect(read.map(\.id) == ["txn_1"])
        #expect(read.first?.inPaymentCurrency == nil)
    }

    @Test(arguments: ["null", #""po_1""#, "[]", #"{"id":"po_1","object":"payout"}"#])
    func `of no payment has none`(source: String) throws {
        let read = try transactions(#""amount":-5,"fee":0,"currency":"usd""#, source: source)
        #expect(read.map(\.id) == ["txn_1"])
        #expect(read.first?.source?.paymentIntent == nil)
    }
}
