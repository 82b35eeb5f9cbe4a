import Domain
import FoundationEssentials
import Testing
import Texts

@Suite struct `J4 states of a job` {
    /// The table of J4.
    private static let allowed: [VideoState: Set<VideoState>] = [
        .queued: [.submitting, .refunded],
        .submitting: [.queued, .submitted, .refunded, .submitUnknown],
        .submitUnknown: [.submitted, .refunded],
        .submitted: [.storing, .refunded],
        .storing: [.delivered, .refunded],
    ]

    @Test(arguments: VideoState.allCases, VideoState.allCases)
    func `a job changes its state as the table says and in no other way`(
        from: VideoState, to: VideoState
    ) {
        let isAllowed = Self.allowed[from]?.contains(to) ?? false
        #expect(from.canBecome(to) == isAllowed)
    }

    @Test func `delivered and refunded are final and nothing else is`() {
        #expect(VideoState.allCases.filter(\.isFinal) == [.delivered, .refunded])
    }

    @Test func `every state that is not final can reach an end`() {
        for state in VideoState.allCases where !state.isFinal {
            #expect(VideoState.allCases.contains { state.canBecome($0) })
            #expect(state == .submitting || state.canBecome(.refunded))
        }
    }
}

/// What the public names of the states are.
struct VideoTests {
    private func video(_ state: VideoState, _ reason: FailureReason? = nil) -> Video {
        let now = Date(timeIntervalSince1970: 0)
        return Video(
            id: VideoID(at: now, random: (0, 0xAB)), tierID: "pro", state: state,
            failureReason: reason, settings: VideoSettings(prompt: "a fox in the snow"),
            duration: 5, taskID: nil, price: Money(cents: 186), jobsAhead: nil, createdAt: now,
            completedAt: nil, file: nil, version: 1)
    }

    @Test(
        arguments: [
            (.queued, .pending, "queued"), (.submitting, .processing, "submitting"),
            (.submitUnknown, .processing, "checking"), (.submitted, .processing, "rendering"),
            (.storing, .processing, "saving"), (.delivered, .completed, nil),
        ] as [(VideoState, VideoStatus, String?)])
    func `people see a state as design says`(
        state: VideoState, status: VideoStatus, detail: String?
    ) {
        #expect(video(state).status == status)
        #expect(video(state).statusDetail == detail)
        #expect(video(state).charged == Money(cents: 186))
    }

    @Test(arguments: FailureReason.allCases)
    func `a refunded job costs nothing and says why`(reason: FailureReason) {
        let video = video(.refunded, reason)
        #expect(video.status == (reason == .canceled ? .canceled : .failed))
        #expect(video.statusDetail == reason.rawValue)
        #expect(video.charged == .zero)
        #expect(reason.phrase.text().contains("Nothing was charged."))
    }

    @Test func `other words help only where words were the cause`() {
        let corrected = FailureReason.allCases.filter { $0.action == "correct_input" }
        #expect(corrected == [.refused, .invalid])
        #expect(Set(FailureReason.allCases.map(\.action)) == ["correct_input", "retry"])
    }

    @Test func `a file lies under the last two digits of its job's id`() {
        let id = VideoID(at: Date(timeIntervalSince1970: 0), random: (0, 0xAB))
        #expect(VideoFile.path(of: id) == "videos/ab/\(id).mp4")
        #expect(VideoFile.posterPath(of: id) == "posters/ab/\(id).jpg")
    }
}
