import DatabaseSupport
import Domain
import FoundationEssentials
import Store
import Testing

struct NewIDTests {
    @Test func `ids sort in the order in which they were made`() {
        let ids = (0..<20_000).map { _ in VideoID.new().description }
        #expect(zip(ids, ids.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test func `an id is a UUIDv7 of its moment`() throws {
        let before = Date().timeIntervalSince1970
        let text = VideoID.new().description
        let digits = text.filter { $0 != "-" }
        let milliseconds = try #require(UInt64(digits.prefix(12), radix: 16))
        #expect(abs(Double(milliseconds) / 1000 - before) < 60)
        #expect(Array(digits)[12] == "7")
        #expect("89ab".contains(Array(digits)[16]))
    }

    @Test func `threads at once never make the same`() throws {
        let ids = try inParallel(8) { _ in (0..<2_000).map { _ in VideoID.new() } }
        #expect(Set(ids.joined()).count == 16_000)
        for made in ids {
            #expect(zip(made, made.dropFirst()).allSatisfy { $0.description < $1.description })
        }
    }
}
