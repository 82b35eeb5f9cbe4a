import Domain
import FoundationEssentials
import Testing

@testable import Media
@testable import Sandbox

/// What a vendor may deliver and should not, made when it is wanted (J16).
@Suite struct `Odd files` {
    @Test func `the corpus has thirty files, each of its own kind`() {
        #expect(OddFile.allCases.count >= 30)
        #expect(OddFile(prompt: "a fox !odd:half runs") == .half)
        #expect(OddFile(prompt: "a fox !odd:nothing") == nil)
        #expect(OddFile(prompt: "half") == nil)
    }

    @Test(arguments: OddFile.allCases)
    func `each is judged, and a whole video alone gets its name`(odd: OddFile) throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "rushes-odd-\(VideoID(uuid: UUID()))").path
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let media = Storage(folder: folder)
        let id = VideoID(uuid: UUID())
        var file: VideoFile?
        do {
            file = try media.adopt(id) { try odd.write(to: $0) }
        } catch is NotStored {}
        #expect((file != nil) == odd.mayBeDelivered, "\(odd): \(file.map { "\($0)" } ?? "refused")")
        let path = "\(folder)/\(VideoFile.path(of: id))"
        #expect(FileManager.default.fileExists(atPath: path) == (file != nil), "\(odd)")
        guard let file else { return }
        #expect(MovieFacts.lengths.contains(file.durationMilliseconds), "\(odd)")
        #expect(MovieFacts.sides.contains(file.width), "\(odd)")
    }
}
