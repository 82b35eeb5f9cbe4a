package import Curl
package import Domain
import FoundationEssentials
import HTTP
import JSON
import Sodium
import System

/// Why a file is not in our storage. Nothing of it is visible under its name.
package struct NotStored: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// The folder that holds the videos and their posters, shared with nginx.
package struct MediaFolder: Sendable {
    package let path: String
    /// What must stay free on the file system, so that a full disk is met here and not by the
    /// database beside it.
    private static let reserve: UInt64 = 256 << 20
    /// Far beyond ten seconds at the best resolution sold.
    private static let maxBytes = 512 << 20

    package init(path: String) {
        self.path = path
    }

    /// Fetches a finished video, checks that it is one, and puts it in place with its poster (J3).
    ///
    /// A file that is in place already, because a worker died after the rename, is checked and
    /// taken instead. Throws ``NotStored``; then no part of the file is visible.
    package func store(
        _ url: String, as id: VideoID, by downloads: Curl
    ) throws(NotStored) -> VideoFile {
        let final = "\(path)/\(VideoFile.path(of: id))"
        do {
            try makeFolder(of: final)
            removeRemains(of: final)
            if !FileManager.default.fileExists(atPath: final) {
                try fetch(url, to: final, by: downloads)
            }
            return try describe(final, id)
        } catch let error as NotStored {
            throw error
        } catch {
            throw NotStored("\(error)")
        }
    }

    /// Puts a video in place that `write` makes at the path it is given, with its poster.
    package func adopt(_ id: VideoID, write: (String) throws -> Void) throws -> VideoFile {
        let final = "\(path)/\(VideoFile.path(of: id))"
        try makeFolder(of: final)
        let file = try DurableFile(path: final)
        try write(file.temporaryPath)
        try file.commit()
        return try describe(final, id)
    }

    /// What the finished file is, and its poster made.
    private func describe(_ final: String, _ id: VideoID) throws -> VideoFile {
        let facts = try probe(final)
        let checksum = try checksum(of: final)
        return VideoFile(
            sizeBytes: checksum.sizeBytes, checksum: checksum.hex,
            durationMilliseconds: facts.milliseconds, width: facts.width, height: facts.height,
            hasPoster: makePoster(of: final, id))
    }

    private func fetch(_ url: String, to final: String, by downloads: Curl) throws {
        guard try freeBytes(at: path) > Self.reserve else {
            throw NotStored("the disk of the media folder is nearly full")
        }
        let file = try DurableFile(path: final)
        _ = try downloads.download(
            url, to: file.temporaryPath,
            limits: DownloadLimits(maxBytes: Self.maxBytes, timeout: .seconds(120)))
        // Judged before it gets its name, so that what has a name is whole and a video.
        _ = try probe(file.temporaryPath)
        try file.commit()
    }

    /// Takes away what a killed worker left half written.
    private func removeRemains(of final: String) {
        let file = URL(filePath: final)
        let folder = file.deletingLastPathComponent().path
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for name in names where name.hasPrefix(".\(file.lastPathComponent).") {
            try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
        }
    }

    private func makeFolder(of file: String) throws {
        let folder = URL(filePath: file).deletingLastPathComponent().path
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
    }

    private func checksum(of file: String) throws -> (hex: String, sizeBytes: Int) {
        let data = try Data(contentsOf: URL(filePath: file), options: .mappedIfSafe)
        guard !data.isEmpty else { throw NotStored("the file is empty") }
        var hash = SHA256()
        hash.update(data)
        return (Hex.encode(hash.finalize()), data.count)
    }

    // MARK: What is in the file

    private struct Facts {
        let width: Int
        let height: Int
        let milliseconds: Int
    }

    /// What ffprobe finds in the file, or throws when it is not an MP4 with moving pictures, or
    /// when not all of them are there: a file can be cut off although all that was announced came.
    private func probe(_ file: String) throws -> Facts {
        let result = try Command.run(
            "ffprobe",
            [
                "-v", "error", "-of", "json", "-select_streams", "v:0", "-count_packets",
                "-show_entries",
                "format=format_name,duration:stream=width,height,nb_frames,nb_read_packets",
                "-f", "mov", "file:\(file)",
            ], timeout: .seconds(20), outputLimit: 64 << 10)
        guard result.isSuccess, let json = try? JSONValue(parsing: result.output),
            let stream = json["streams"]?.array?.first,
            let width = stream["width"]?.integer, let height = stream["height"]?.integer,
            width > 0, height > 0,
            let pictures = stream["nb_read_packets"]?.string.flatMap(Int.init), pictures > 0,
            // A fragmented file does not say beforehand how many there are.
            pictures >= stream["nb_frames"]?.string.flatMap(Int.init) ?? 1,
            let seconds = json["format"]?["duration"]?.string.flatMap(Double.init), seconds > 0.1
        else {
            let words = String(decoding: result.errorOutput.prefix(300), as: UTF8.self)
            throw NotStored("this is not a video: \(words)")
        }
        return Facts(
            width: Int(width), height: Int(height), milliseconds: Int(seconds * 1000))
    }

    /// Makes a picture of the video at half a second. A video without one is still a video.
    private func makePoster(of file: String, _ id: VideoID) -> Bool {
        let poster = "\(path)/\(VideoFile.posterPath(of: id))"
        do {
            try makeFolder(of: poster)
            let target = try DurableFile(path: poster)
            let result = try Command.run(
                "ffmpeg",
                [
                    "-v", "error", "-y", "-ss", "0.5", "-i", "file:\(file)", "-frames:v", "1",
                    "-vf", "scale=w=640:h=640:force_original_aspect_ratio=decrease", "-q:v", "4",
                    "-f", "mjpeg", "file:\(target.temporaryPath)",
                ], timeout: .seconds(30), outputLimit: 4 << 10)
            guard result.isSuccess else { return false }
            try target.commit()
            return true
        } catch {
            return false
        }
    }
}
