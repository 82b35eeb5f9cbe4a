import FoundationEssentials

/// What is still to happen, in the order of time.
struct Timeline {
    struct Event {
        let time: Date
        let act: () throws -> Void
    }

    /// The next one last.
    private var events: [Event] = []

    /// What is added first of one instant happens first.
    mutating func add(at time: Date, _ act: @escaping () throws -> Void) {
        var (low, high) = (0, events.count)
        while low < high {
            let middle = (low + high) / 2
            if events[middle].time >= time { low = middle + 1 } else { high = middle }
        }
        // Those of the same instant were passed by; this one comes before them in the array.
        while low > 0, events[low - 1].time == time { low -= 1 }
        events.insert(Event(time: time, act: act), at: low)
    }

    mutating func next() -> Event? { events.popLast() }
}
