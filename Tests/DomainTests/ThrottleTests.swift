import Domain
import Testing

struct ThrottleTests {
    @Test func `the first tries are free, then each waits twice as long as the one before`() {
        let waits = (1...14).map { Throttle.account.wait(after: $0).components.seconds }
        #expect(waits == [0, 0, 0, 0, 15, 30, 60, 120, 240, 480, 900, 900, 900, 900])
        #expect(Throttle.account.wait(after: 1_000_000) == .seconds(900))
        #expect(Throttle.network.wait(after: 5) == .seconds(1))
    }

    @Test func `tries are forgotten one by one`() {
        let throttle = Throttle.account
        #expect(throttle.remaining(10, age: .seconds(0)) == 10)
        #expect(throttle.remaining(10, age: .seconds(1799)) == 10)
        #expect(throttle.remaining(10, age: .seconds(1800)) == 9)
        #expect(throttle.remaining(10, age: .seconds(18_000)) == 0)
        #expect(throttle.remaining(10, age: .seconds(1_000_000_000)) == 0)
        // The clock of the database was set back.
        #expect(throttle.remaining(10, age: .seconds(-5000)) == 10)
    }

    /// Whoever keeps trying is held to the longest wait for good: nothing is forgotten meanwhile.
    @Test(arguments: [Throttle.account, .mails])
    func `who keeps trying stays at the longest wait`(throttle: Throttle) {
        var tries = 0
        var age = Duration.zero
        for _ in 1...100 {
            tries = throttle.remaining(tries, age: age) + 1
            age = throttle.wait(after: tries)
        }
        #expect(age >= throttle.longestWait / 2)
    }

    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"), ("2001:DB8:1:2::9", "2001:db8:1:2::/64"),
        ("2001:0db8:0001:0002::9", "2001:db8:1:2::/64"), ("2001:db8::9", "2001:db8::/64"),
        ("::1", "::/64"), ("::ffff:192.0.2.1", "192.0.2.1"),
        ("::ffff:c000:201", "192.0.2.1"), ("2001:db8:1:2::192.0.2.1", "2001:db8:1:2::/64"),
        ("", ""), ("unix:", "unix:"), ("1:2", "1:2"), (":::", ":::"), ("1::2::3", "1::2::3"),
        ("12345::", "12345::"), ("::1.2.3", "::1.2.3"), ("010.0.0.1", "010.0.0.1"),
    ])
    func `a network is what one subscriber has`(address: String, network: String) {
        #expect(ClientNetwork.of(address) == network)
    }
}
