import FoundationEssentials
import JSON
import Logging
import Testing

@testable import Rushes

struct LogLinesTests {
    private func line(_ own: Logger.Metadata, _ more: Logger.Metadata = [:]) -> String {
        let event = LogEvent(
            level: .error, message: "it failed", metadata: more, source: nil, file: "",
            function: "",
            line: 1)
        let bytes = LogLines(metadata: own).line(of: event, at: Date(timeIntervalSince1970: 0))
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func `a line is one JSON object`() throws {
        let text = line(["process": "work"], ["job": "1", "words": "a\nb"])
        #expect(!text.contains("\n"))
        let json = try JSONValue(parsing: Array(text.utf8))
        #expect(json["message"]?.string == "it failed")
        #expect(json["words"]?.string == "a\nb")
    }

    @Test func `no two members have one name, whatever the metadata is called`() throws {
        let names = ["time", "level", "message", "metadata.message", "metadata.metadata.message"]
        let metadata = Dictionary(
            uniqueKeysWithValues: names.map { ($0, "of \($0)" as Logger.MetadataValue) })
        let text = line([:], metadata)
        for name in ["time", "level", "message"] + names.map(LogLines.name(of:)) {
            #expect(text.components(separatedBy: "\"\(name)\":").count == 2, "\(name) in \(text)")
        }
        let json = try JSONValue(parsing: Array(text.utf8))
        #expect(json["message"]?.string == "it failed")
        #expect(json["metadata.message"]?.string == "of message")
    }
}

extension String {
    fileprivate func components(separatedBy separator: String) -> [Substring] {
        var parts: [Substring] = []
        var rest = self[...]
        while let range = rest.firstRange(of: separator) {
            parts.append(rest[..<range.lowerBound])
            rest = rest[range.upperBound...]
        }
        return parts + [rest]
    }
}
