import Glibc
import System
import Testing

struct SignalsTests {
    @Test func `a blocked signal waits until it is taken`() throws {
        let taken = Answer<[Signal?]>()
        try WorkerThread.start(name: "signals") {
            Signals.block([.user1, .user2])
            // raise(3) signals the calling thread only, so the rest of the tests see nothing.
            raise(SIGUSR2)
            taken.set([
                Signals.wait(for: [.user1, .user2]),
                Signals.wait(for: [.user1, .user2], timeout: .milliseconds(10)),
            ])
        }.join()
        #expect(taken.value == [.user2, nil])
    }

    @Test func `a write to a closed pipe fails and does not end the process`() throws {
        Signals.ignoreBrokenPipe()
        var ends: [Int32] = [0, 0]
        try #require(unsafe pipe(&ends) == 0)
        close(ends[0])
        #expect(unsafe write(ends[1], "x", 1) == -1)
        #expect(errno == EPIPE)
        close(ends[1])
    }
}
