import FoundationEssentials
import JSON
import Logging
import System

/// Writes each log message as one line of JSON to standard error, for journald or a file: foreign
/// text in it cannot begin a line of its own.
struct LogLines: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// A name that none of the line's own members has, whatever the metadata is called: a reader
    /// takes one of two members of one name, and not everyone the same. Two keys never get one name.
    static func name(of key: String) -> String {
        ["time", "level", "message"].contains(key) || key.hasPrefix("metadata.")
            ? "metadata.\(key)" : key
    }

    func log(event: LogEvent) {
        StandardError.write(line(of: event, at: Date()) + [UInt8(ascii: "\n")])
    }

    func line(of event: LogEvent, at now: Date) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("time", now.formatted(.iso8601WithMilliseconds))
        json.member("level", event.level.rawValue)
        json.member("message", event.message.description)
        let values = metadata.merging(event.metadata ?? [:]) { $1 }
        for (key, value) in values.sorted(by: { $0.key < $1.key }) {
            json.key(Self.name(of: key))
            json.string(value.description)
        }
        json.endObject()
        return json.bytes
    }
}

extension FormatStyle where Self == Date.ISO8601FormatStyle {
    fileprivate static var iso8601WithMilliseconds: Date.ISO8601FormatStyle {
        Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    }
}

/// The logger of a subcommand.
func makeLogger(_ label: String) -> Logger {
    var log = Logger(label: label, factory: { _ in LogLines() })
    log[metadataKey: "process"] = "\(label)"
    return log
}
