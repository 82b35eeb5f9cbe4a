import Domain
import FoundationEssentials
import Testing

private enum Anything {}

struct IDTests {
    private let now = Date(timeIntervalSince1970: 1_767_225_600.123)

    @Test func `an id is a UUIDv7 of its instant`() {
        let id = ID<Anything>(at: now, random: (.max, .max))
        // 1767225600123 in hexadecimal, version 7, variant 10.
        #expect(id.description == "019b76da-a87b-7fff-bfff-ffffffffffff")
        let least = ID<Anything>(at: now, random: (0, 0))
        #expect(least.description == "019b76da-a87b-7000-8000-000000000000")
    }

    @Test func `an id that is made later sorts later`() {
        let first = ID<Anything>(at: now, random: (.max, .max))
        let later = ID<Anything>(at: now.addingTimeInterval(0.002), random: (0, 0))
        #expect(first.description < later.description)
    }

    @Test func `the text of an id is read in either case`() {
        let id = ID<Anything>(at: now, random: (1, 2))
        #expect(ID<Anything>(id.description) == id)
        #expect(ID<Anything>(id.description.uppercased()) == id)
    }

    @Test func `an id is read and written as Foundation reads and writes UUIDs`() {
        for _ in 1...1000 {
            let uuid = UUID()
            #expect(ID<Anything>(uuid: uuid).description == uuid.uuidString.lowercased())
            #expect(ID<Anything>(uuid.uuidString)?.uuid == uuid)
        }
    }

    @Test(arguments: [
        "", "1", "019b76da-a87b-7fff-bfff-fffffffffff", "019b76da-a87b-7fff-bfff-ffffffffffff ",
        "019b76daa87b7fffbfffffffffffffff", "019b76da-a87b-7fff-bfff-fffffffffffg",
        "{019b76da-a87b-7fff-bfff-ffffffffff}", "019b76da-a87b-7fff-bfff-ffffffffffff\0",
        "019b76da-a87b-7fff-bfffffffffffff-ff", "019b76da-a87b-7fff-bfff--fffffffffff",
        " 19b76da-a87b-7fff-bfff-ffffffffffff", "+19b76da-a87b-7fff-bfff-ffffffffffff",
        "0x9b76da-a87b-7fff-bfff-ffffffffffff", "019b76da-a87b-7fff-bfff-fffffffffff\u{ff11}",
        "019b76da-a87b-7fff-bfff-ffffffffff\u{e9}",
    ])
    func `what is not the 36 characters of a UUID is not an id`(text: String) {
        #expect(ID<Anything>(text) == nil)
    }
}
