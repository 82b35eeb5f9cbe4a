import FoundationEssentials
import System

/// A file that a vendor might deliver and should not: made by ffmpeg, and by editing the boxes of
/// what it made (ISO/IEC 14496-12), when it is wanted. A prompt with `!odd:` and a name gets one.
enum OddFile: String, CaseIterable, Sendable {
    // Cut off, or with something behind.
    case empty, headAlone, half, tailMissing, trailingZeros, trailingPage, twice, noise
    // Something else in the name of an MP4.
    case page, playlist, png, gif, webm, avi, transportStream
    // Boxes that lie.
    case noIndex, noPictures, twoIndexes, smallBox, endlessBox
    case endlessDuration, endlessTrack, noDuration, noTimescale, version1, rateOfAllOnes
    case noEntries, unknownEntries, countlessTimes, stillTimes, offsetsBeyond
    case giantEntries, negativeMatrix
    // Well made, and not what was ordered.
    case audioOnly, withAudio, twoTracks, fragmented, oldCodec, tiny, huge, long

    static let mark = "!odd:"

    /// The one that a prompt names; nil when it names none.
    init?(prompt: String) {
        let words = prompt.split(separator: " ")
        guard let word = words.first(where: { $0.hasPrefix(Self.mark) }) else { return nil }
        self.init(rawValue: String(word.dropFirst(Self.mark.count)))
    }

    /// Whether it has all its pictures, whatever its boxes say beside them, so that a shop may
    /// deliver it.
    var mayBeDelivered: Bool {
        switch self {
        case .version1, .rateOfAllOnes, .negativeMatrix, .withAudio, .twoTracks, .fragmented,
            .endlessTrack, .stillTimes, .giantEntries:
            true
        default: false
        }
    }

    /// Writes the file at `path`, whole or not at all.
    func write(to path: String) throws {
        let bytes = try bytes(in: path + ".part")
        try Data(bytes).write(to: URL(filePath: path), options: .atomic)
    }

    private func bytes(in path: String) throws -> [UInt8] {
        defer { try? FileManager.default.removeItem(atPath: path) }
        func plain() throws -> [UInt8] { try Self.make([], path) }
        switch self {
        case .empty: return []
        case .headAlone: return Array(try plain().prefix(40))
        case .half:
            let bytes = try plain()
            return Array(bytes.prefix(bytes.count / 2))
        case .tailMissing: return Array(try plain().dropLast(1000))
        case .trailingZeros: return try plain() + [UInt8](repeating: 0, count: 4096)
        case .trailingPage: return try plain() + Array("<html>Sign in</html>".utf8)
        case .twice:
            let bytes = try plain()
            return bytes + bytes
        case .noise: return (0..<50_000).map { UInt8(truncatingIfNeeded: $0 &* 7919 >> 3) }
        case .page: return Array("<!DOCTYPE html><title>Just a moment...</title>".utf8)
        case .playlist: return Array("#EXTM3U\n#EXTINF:5,\nfile:///etc/passwd\n".utf8)
        case .png:
            return try Self.make(["-frames:v", "1"], path, codec: ["-c:v", "png"], form: "image2")
        case .gif: return try Self.make([], path, codec: ["-c:v", "gif"], form: "gif")
        case .webm: return try Self.make([], path, form: "matroska")
        case .avi: return try Self.make([], path, form: "avi")
        case .transportStream: return try Self.make([], path, form: "mpegts")
        case .noIndex: return Boxes.without("moov", try plain())
        case .noPictures: return Boxes.without("mdat", try plain())
        case .twoIndexes:
            let bytes = try plain()
            return bytes + (Boxes.find("moov", bytes).map { Array(bytes[$0]) } ?? [])
        case .smallBox: return Boxes.edit("mdat", try plain(), at: 0, [0, 0, 0, 4])
        case .endlessBox: return Boxes.edit("mdat", try plain(), at: 0, [0x7F, 0xFF, 0xFF, 0xFF])
        // A full box has its version and flags behind its head of eight bytes; of version 0, the
        // timescale of `mvhd` and `mdhd` lies at 20 and the duration at 24.
        case .endlessDuration: return Boxes.edit("mvhd", try plain(), at: 24, Self.ones)
        case .endlessTrack:
            let bytes = Boxes.edit("tkhd", try plain(), at: 28, Self.ones)
            return Boxes.edit("mdhd", bytes, at: 24, Self.ones)
        case .noDuration:
            let bytes = Boxes.edit("mvhd", try plain(), at: 24, [0, 0, 0, 0])
            return Boxes.edit("mdhd", bytes, at: 24, [0, 0, 0, 0])
        case .noTimescale:
            let bytes = Boxes.edit("mvhd", try plain(), at: 20, [0, 0, 0, 0])
            return Boxes.edit("mdhd", bytes, at: 20, [0, 0, 0, 0])
        case .version1: return Boxes.withLongHead(try plain())
        case .rateOfAllOnes: return Boxes.edit("mvhd", try plain(), at: 28, Self.ones)
        case .noEntries: return Boxes.edit("stsd", try plain(), at: 12, [0, 0, 0, 0])
        case .unknownEntries: return Boxes.edit("stsd", try plain(), at: 20, Array("x?y!".utf8))
        case .countlessTimes: return Boxes.edit("stts", try plain(), at: 12, Self.ones)
        case .stillTimes: return Boxes.edit("stts", try plain(), at: 20, [0, 0, 0, 0])
        case .offsetsBeyond: return Boxes.edit("stco", try plain(), at: 16, [0x7F, 0, 0, 0])
        // Of the picture's entry, width and height lie at 24 behind its own head.
        case .giantEntries:
            let bytes = Boxes.edit("stsd", try plain(), at: 16 + 32, [0x3E, 0x80, 0x3E, 0x80])
            return Boxes.edit("tkhd", bytes, at: 84, [0x3E, 0x80, 0, 0, 0x3E, 0x80, 0, 0])
        case .negativeMatrix:
            return Boxes.edit("tkhd", try plain(), at: 48, [0xFF, 0xFF, 0, 0])
        case .audioOnly:
            return try Self.make([], path, source: [Self.tone], codec: ["-c:a", "aac"])
        case .withAudio:
            return try Self.make([], path, source: [Self.picture(), Self.tone])
        case .twoTracks:
            return try Self.make(
                ["-map", "0:v", "-map", "1:v"], path, source: [Self.picture(), Self.picture()])
        case .fragmented: return try Self.make(["-movflags", "frag_keyframe+empty_moov"], path)
        case .oldCodec: return try Self.make([], path, codec: ["-c:v", "mpeg4"])
        case .tiny: return try Self.make([], path, source: [Self.picture("8x8")])
        case .huge:
            return try Self.make(["-frames:v", "2"], path, source: [Self.picture("16000x64")])
        case .long:
            return try Self.make([], path, source: [Self.picture("64x64", 1)], seconds: 700)
        }
    }

    private static let ones = [UInt8](repeating: 0xFF, count: 4)
    private static let tone = "sine=frequency=440"

    private static func picture(_ size: String = "320x180", _ rate: Int = 25) -> String {
        "testsrc=s=\(size):r=\(rate)"
    }

    /// What ffmpeg makes of sources of its own; its index lies behind the pictures, so that a box
    /// in front of none of them may grow.
    private static func make(
        _ options: [String], _ path: String, source: [String] = [picture()],
        codec: [String] = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"],
        form: String = "mp4", seconds: Int = 2
    ) throws -> [UInt8] {
        let result = try Command.run(
            "ffmpeg",
            ["-nostdin", "-hide_banner", "-loglevel", "error", "-y", "-threads", "1"]
                + source.flatMap { ["-f", "lavfi", "-i", $0] } + ["-t", "\(seconds)"] + codec
                + options + ["-f", form, path],
            timeout: .seconds(60), outputLimit: 4096)
        guard result.isSuccess else { throw VideoFailure(result) }
        return Array(try Data(contentsOf: URL(filePath: path)))
    }
}

/// Boxes of a movie that are found by their name, at any depth.
enum Boxes {
    private static let containers: Set<String> = ["moov", "trak", "mdia", "minf", "stbl"]

    /// Where the first box of a name lies, its head of eight bytes included.
    static func find(_ name: String, _ bytes: [UInt8]) -> Range<Int>? {
        find(name, bytes, 0..<bytes.count)
    }

    private static func find(_ name: String, _ bytes: [UInt8], _ range: Range<Int>) -> Range<Int>? {
        var at = range.lowerBound
        while at + 8 <= range.upperBound {
            let size = number(bytes, at)
            guard size >= 8, at + size <= range.upperBound else { return nil }
            let type = String(decoding: bytes[(at + 4)..<(at + 8)], as: UTF8.self)
            if type == name { return at..<(at + size) }
            if containers.contains(type),
                let found = find(name, bytes, (at + 8)..<(at + size))
            {
                return found
            }
            at += size
        }
        return nil
    }

    private static func number(_ bytes: [UInt8], _ at: Int) -> Int {
        bytes[at..<(at + 4)].reduce(0) { $0 << 8 | Int($1) }
    }

    private static func digits(_ number: Int) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
    }

    /// The file with these bytes at a place of the first box of a name.
    static func edit(_ name: String, _ bytes: [UInt8], at offset: Int, _ new: [UInt8]) -> [UInt8] {
        guard let box = find(name, bytes), box.lowerBound + offset + new.count <= bytes.count else {
            return bytes
        }
        var bytes = bytes
        let start = box.lowerBound + offset
        bytes.replaceSubrange(start..<(start + new.count), with: new)
        return bytes
    }

    /// The file without its first box of a name at its top level.
    static func without(_ name: String, _ bytes: [UInt8]) -> [UInt8] {
        guard let box = find(name, bytes) else { return bytes }
        return Array(bytes[..<box.lowerBound] + bytes[box.upperBound...])
    }

    /// The file with an `mvhd` of version 1, whose times have eight bytes each. The index has to
    /// lie behind the pictures.
    static func withLongHead(_ bytes: [UInt8]) -> [UInt8] {
        guard let index = find("moov", bytes), let head = find("mvhd", bytes) else { return bytes }
        let old = Array(bytes[head])
        let zeros: [UInt8] = [0, 0, 0, 0]
        var new = digits(old.count + 12) + old[4..<8]
        new += [1, 0, 0, 0] as [UInt8]
        new += zeros + old[12..<16]
        new += zeros + old[16..<24]
        new += zeros + old[24...]
        var bytes = bytes
        bytes.replaceSubrange(head, with: new)
        bytes.replaceSubrange(
            index.lowerBound..<(index.lowerBound + 4), with: digits(index.count + 12))
        return bytes
    }
}
