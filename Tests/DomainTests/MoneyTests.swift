import Domain
import Testing

@Suite struct `L1 Money` {
    @Test(
        arguments: [
            ("0", 0), ("1", 1_000_000), ("1.55", 1_550_000), ("0.372", 372_000), ("0.000001", 1),
            ("-0.01", -10_000), ("007.50", 7_500_000), ("1000000000", 1_000_000_000_000_000),
        ] as [(String, Int64)])
    func `dollars are parsed to the micro-dollar`(text: String, micros: Int64) {
        #expect(Money(dollars: text) == Money(micros: micros))
    }

    @Test(arguments: [
        "", "-", "+1", ".5", "1.", "1.0000001", "1,5", "1e3", " 1", "1 ", "$1", "--1", "1.-5",
        "0x10", "١", "1.5.5", "NaN", "1000000001", "10000000000", "99999999999999999999",
    ])
    func `what is not an amount is not parsed`(text: String) {
        #expect(Money(dollars: text) == nil)
    }

    @Test(
        arguments: [
            (0, "0", "$0.00"), (1_550_000, "1.55", "$1.55"), (1_500_000, "1.5", "$1.50"),
            (2_000_000, "2", "$2.00"), (372_000, "0.372", "$0.372"), (1, "0.000001", "$0.000001"),
            (-10_000, "-0.01", "-$0.01"), (10_000_010, "10.00001", "$10.00001"),
            (.max, "9223372036854.775807", "$9223372036854.775807"),
            (.min, "-9223372036854.775808", "-$9223372036854.775808"),
        ] as [(Int64, String, String)])
    func `an amount is printed exactly`(micros: Int64, json: String, text: String) {
        #expect(Money(micros: micros).json == json)
        #expect(Money(micros: micros).description == text)
    }

    @Test func `every amount up to two dollars is read as it was printed`() {
        for micros in stride(from: Int64(-2_000_000), through: 2_000_000, by: 997) {
            #expect(Money(dollars: Money(micros: micros).json) == Money(micros: micros))
        }
    }

    @Test func `cents are ten thousand micro-dollars and a part of one is none`() {
        #expect(Money(cents: 999).micros == 9_990_000)
        #expect(Money(cents: 999).cents == 999)
        #expect(Money(micros: 9_990_001).cents == nil)
    }

    @Test(
        arguments: [
            (1_000, 5, 10_000), (999, 5, 0), (372_000, 5, 1_860_000), (14_999, 1, 10_000),
            (15_000, 1, 20_000), (372_000, 0, 0),
        ] as [(Int64, Int, Int64)])
    func `a price is rounded half up to a whole cent`(rate: Int64, seconds: Int, micros: Int64) {
        #expect(Money(micros: rate).price(forSeconds: seconds) == Money(micros: micros))
    }

    @Test func `an amount that leaves 64 bits ends the process and is never wrapped`() async {
        await #expect(processExitsWith: .failure) {
            print(Money(micros: .max) + Money(micros: 1))
        }
        await #expect(processExitsWith: .failure) {
            print(Money(micros: .min) - Money(micros: 1))
        }
        await #expect(processExitsWith: .failure) { print(Money(micros: .max / 2) * 3) }
        await #expect(processExitsWith: .failure) { print(Money(cents: .max / 9_999)) }
        await #expect(processExitsWith: .success) {
            print(Money(micros: .max - 1) + Money(micros: 1))
        }
    }

    @Test func `sums, differences and multiples are exact`() {
        var money = Money(micros: 3)
        money += Money(micros: 4)
        money -= Money(micros: 9)
        #expect(money == Money(micros: -2))
        #expect(-money == Money(micros: 2))
        #expect(Money(micros: 1_860_000) * 4 == Money(micros: 7_440_000))
        #expect(Money(micros: -1) < .zero)
    }
}
