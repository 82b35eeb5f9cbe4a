import FoundationEssentials
import HTTP
import System
import Testing

@Suite struct `The file of a form` {
    private static let type = "multipart/form-data; boundary=----x"

    private func file(
        _ body: [UInt8], type: String = Self.type
    ) throws -> [UInt8] {
        let folder = FileManager.default.temporaryDirectory.path
        let source = try TemporaryFile(in: folder)
        try source.write(body)
        let target = try TemporaryFile(in: folder)
        let count = try FormFile.copy(
            "image", of: type, in: OpenFile(path: source.path), to: target)
        let bytes = Array(try Data(contentsOf: URL(filePath: target.path)))
        #expect(bytes.count == count)
        return bytes
    }

    private func form(
        _ content: [UInt8], head: String = "form-data; name=\"image\"; filename=\"a.jpg\"",
        end: String = "\r\n------x--\r\n"
    ) -> [UInt8] {
        let head = "------x\r\nContent-Disposition: \(head)\r\nContent-Type: image/jpeg\r\n\r\n"
        return Array(head.utf8) + content + Array(end.utf8)
    }

    @Test(arguments: [0, 1, 100, 65_530, 65_536, 65_545, 200_000])
    func `comes out as it went in`(count: Int) throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        #expect(try file(form(bytes)) == bytes)
        #expect(try file(form(bytes), type: "Multipart/Form-Data;boundary=\"----x\"") == bytes)
    }

    @Test func `what looks like its end is a part of it`() throws {
        let bytes = Array("\r\n------y\r\n-----x--\r\r\n\n------".utf8)
        #expect(try file(form(bytes)) == bytes)
    }

    @Test func `anything else than one file in that field is refused`() {
        let two = form([1], end: "\r\n") + form([2])
        let bodies: [[UInt8]] = [
            [], Array("------x--\r\n".utf8), two, form([1], end: ""), form([1], end: "\r\n------x"),
            form([1], end: "\r\n------x--\r\nmore"), form([1], head: "form-data; name=\"other\""),
            form([1], head: "form-data; name=image"), form([1], head: "attachment; name=\"image\""),
            form([1], head: "form-data; name=\"image\"; name=\"image\""),
            Array("x".utf8) + form([1]),
        ]
        for body in bodies {
            #expect(throws: FormFile.Malformed.self) { try file(body) }
        }
        for type in [
            "multipart/form-data", "multipart/mixed; boundary=----x",
            "multipart/form-data; boundary=----x; boundary=----x",
            "multipart/form-data; boundary=\(String(repeating: "x", count: 71))",
        ] {
            #expect(throws: FormFile.Malformed.self) { try file(form([1]), type: type) }
        }
    }
}
