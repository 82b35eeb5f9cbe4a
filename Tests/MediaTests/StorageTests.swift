import Domain
import FoundationEssentials
import Media
import MediaSupport
import System
import Testing

@Suite struct `Storage of files` {
    private static let key = "videos/3f/a.mp4"

    /// Runs `body` with an empty storage.
    private func withStorage(_ body: (Storage) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "rushes-storage-\(VideoID(uuid: UUID()))").path
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(Storage(folder: folder))
    }

    private func names(in storage: Storage) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: storage.folder)
            .filter { $0.contains(".") }
    }

    @Test func `a draft is nothing until it is put, and then it is whole`() throws {
        try withStorage { storage in
            let draft = try storage.draft(of: Self.key)
            try draft.write(Array("pictures".utf8))
            #expect(storage.size(of: Self.key) == nil)
            #expect(throws: SystemError.self) { try storage.open(Self.key) }
            try storage.put(draft, as: Self.key)
            #expect(storage.size(of: Self.key) == 8)
            #expect(try storage.open(Self.key).bytes(at: 0, count: 99) == Array("pictures".utf8))
            #expect(try names(in: storage) == [Self.key])
        }
    }

    @Test func `a draft that is given up leaves nothing`() throws {
        try withStorage { storage in
            try storage.draft(of: Self.key).write([1])
            #expect(try names(in: storage).isEmpty)
        }
    }

    @Test func `what a killed process left of a key goes with the next draft of it`() throws {
        try withStorage { storage in
            try storage.put(storage.draft(of: "videos/3f/b.mp4"), as: "videos/3f/b.mp4")
            let remains = "\(storage.folder)/drafts/.a.mp4.AbCdEf"
            try Data([1]).write(to: URL(filePath: remains))
            _ = try storage.draft(of: Self.key)
            #expect(try names(in: storage) == ["videos/3f/b.mp4"])
        }
    }

    @Test func `a deleted file is gone, and deleting it again is nothing`() throws {
        try withStorage { storage in
            try storage.put(storage.draft(of: Self.key), as: Self.key)
            for _ in 1...2 {
                try storage.delete(Self.key)
                #expect(storage.size(of: Self.key) == nil)
            }
        }
    }

    @Test func `a video is put with its poster, and found again as it is`() throws {
        try withStorage { storage in
            let id = VideoID(uuid: UUID())
            #expect(try storage.video(id) == nil)
            let file = try storage.adopt(id) { path in
                try Data(SampleMovie.bytes).write(to: URL(filePath: path))
            }
            #expect(file.sizeBytes == SampleMovie.bytes.count)
            #expect(file.hasPoster)
            #expect(try names(in: storage).count == 2)
            try storage.delete(VideoFile.posterPath(of: id))
            #expect(try storage.video(id) == file)
            #expect(try names(in: storage).count == 2)
        }
    }

    @Test func `what is no video gets no name`() throws {
        try withStorage { storage in
            let id = VideoID(uuid: UUID())
            let draft = try storage.draft(of: id)
            try draft.write(Array(SampleMovie.bytes.dropLast()))
            #expect(throws: NotStored.self) { try storage.put(draft, as: id) }
            #expect(storage.size(of: VideoFile.path(of: id)) == nil)
        }
    }

    @Test func `nginx finds a file by its key`() {
        #expect(Storage.link(to: Self.key) == "/_media/videos/3f/a.mp4")
    }
}
