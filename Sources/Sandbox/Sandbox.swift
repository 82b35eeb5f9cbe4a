// Sandbox: the stand-ins of Stripe and Pollo for development and tests: they answer as
// docs/stripe.md and docs/pollo.md say the vendors do, and can be told to fail in each known way.
// Not a part of the product: `rushes` does not link it.

import Addresses
import FoundationEssentials
package import HTTP
import HTTPTypes
package import Logging
import Synchronization
import System

/// Everything that survives a restart.
struct SandboxState: Codable, Sendable {
    var pollo = PolloState()
    var stripe = StripeState()
    var hooks = HookQueue()
    var faults: [Fault] = []
}

/// Both stand-ins. Any thread may use it; every change happens under one lock, in which nothing
/// waits: no file, no network, no program.
package final class Sandbox: Sendable {
    let settings: SandboxSettings
    let log: Logger
    let state: Mutex<SandboxState>
    private let clock: @Sendable () -> Date
    private let hasChanged = Mutex(false)
    private let makeVideo: MakeVideo

    /// Writes the file of a video to a path. The second path is that of the picture to start from.
    typealias MakeVideo = @Sendable (VideoOrder, String?, String) throws -> Void

    /// Goes on from what the folder holds.
    package convenience init(_ settings: SandboxSettings, log: Logger) throws {
        try self.init(settings, log: log, clock: { Date() }, makeVideo: VideoMaker.make)
    }

    init(
        _ settings: SandboxSettings, log: Logger, clock: @escaping @Sendable () -> Date,
        makeVideo: @escaping MakeVideo
    ) throws {
        self.settings = settings
        self.log = log
        self.clock = clock
        self.makeVideo = makeVideo
        for folder in [settings.folder, settings.filesFolder, settings.uploadsFolder] {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true)
        }
        var restored = SandboxState()
        if FileManager.default.fileExists(atPath: settings.stateFile) {
            let data = try Data(contentsOf: URL(filePath: settings.stateFile))
            restored = try JSONDecoder().decode(SandboxState.self, from: data)
        }
        state = Mutex(restored)
    }

    var now: Date { clock() }

    /// Changes the state in one step; it is saved soon after.
    func change<Result: Sendable>(_ body: (inout SandboxState) -> Result) -> Result {
        let result = state.withLock { body(&$0) }
        hasChanged.withLock { $0 = true }
        return result
    }

    func read<Result: Sendable>(_ body: (SandboxState) -> Result) -> Result {
        state.withLock { body($0) }
    }

    /// Writes the state if it has changed since the last time.
    package func save() {
        let isDue = hasChanged.withLock { hasChanged in
            defer { hasChanged = false }
            return hasChanged
        }
        guard isDue else { return }
        let snapshot = state.withLock { $0 }
        do {
            let data = try JSONEncoder().encode(snapshot)
            let file = try DurableFile(path: settings.stateFile, mode: 0o600)
            try file.write(Array(data))
            try file.commit()
        } catch {
            log.error("the state could not be saved", metadata: ["error": "\(error)"])
            hasChanged.withLock { $0 = true }
        }
    }

    /// Does what has become due by the clock alone.
    package func advance() {
        let now = now
        let isIdle = read { !$0.pollo.isDue(at: now) && !$0.stripe.isDue(at: now) }
        guard !isIdle else { return }
        change { state in
            state.pollo.advance(to: now, settings.polloSite, &state.hooks)
            state.stripe.expireSessions(at: now, settings.stripeSite, &state.hooks)
        }
    }

    /// Makes the next video that is waited for; false when there is none.
    package func renderNext(send: Send) -> Bool {
        guard let order = read({ $0.pollo.nextVideoOrder }) else { return false }
        let path = "\(settings.filesFolder)/\(order.fileName)"
        var reason: String?
        if !FileManager.default.fileExists(atPath: path) {
            do {
                if let odd = OddFile(prompt: order.prompt) {
                    try odd.write(to: path)
                } else {
                    let picture = try picture(of: order, at: path + ".picture", send: send)
                    defer {
                        if let picture { try? FileManager.default.removeItem(atPath: picture) }
                    }
                    try makeVideo(order, picture, path)
                }
            } catch {
                log.error("a video could not be made", metadata: ["error": "\(error)"])
                reason = "sandbox: \(error)"
            }
        }
        let failure = reason
        change { $0.pollo.noteVideo(order, failure: failure) }
        return true
    }

    /// Fetches the picture of an image-to-video order, as the vendor does: what the shop's own
    /// users have uploaded. Pictures of other sites are left alone, so that nothing leaves this
    /// machine; nil for those.
    private func picture(
        of order: VideoOrder, at path: String, send: Send
    ) throws -> String? {
        let own = [settings.appURL, settings.publicURL].compactMap { try? Origin($0) }
        guard let url = order.imageURL.flatMap({ WebURL(link: $0) }), own.contains(url.origin)
        else { return nil }
        let response = try send(OutboundRequest(method: .get, url: url.text))
        let type = response.fields[.contentType] ?? "no type"
        guard response.status == .ok, ["image/jpeg", "image/png"].contains(type) else {
            throw PictureFailure(status: response.status.code, type: type)
        }
        try Data(response.body).write(to: URL(filePath: path))
        return path
    }
}

struct PictureFailure: Error, CustomStringConvertible {
    let status: Int
    let type: String

    var description: String { "the picture could not be fetched: HTTP \(status), \(type)" }
}

extension SandboxSettings {
    var stateFile: String { "\(folder)/state.json" }
    var filesFolder: String { "\(folder)/files" }
    var uploadsFolder: String { "\(folder)/uploads" }
}
