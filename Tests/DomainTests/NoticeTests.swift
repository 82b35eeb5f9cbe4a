import Domain
import Testing

@Suite struct `Retry schedules` {
    private func delays(_ schedule: RetrySchedule) -> [Duration] {
        var delays: [Duration] = []
        while let next = schedule.delay(afterFailures: delays.count + 1) { delays.append(next) }
        return delays
    }

    @Test(arguments: [(RetrySchedule.webhook, 24), (.mail, 51)])
    func `a message is tried with growing pauses, and given up in the end`(
        schedule: RetrySchedule, hours: Int
    ) {
        let delays = delays(schedule)
        #expect(zip(delays, delays.dropFirst()).allSatisfy { $0 < $1 })
        let total = delays.reduce(.zero, +)
        #expect((.seconds(hours * 3600) ... .seconds(hours * 3600 + 3599)).contains(total))
        #expect(schedule.delay(afterFailures: delays.count + 1) == nil)
    }
}
