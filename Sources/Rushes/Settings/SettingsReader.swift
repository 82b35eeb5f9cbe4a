import Domain
import FoundationEssentials

/// Reads variables of the environment. Reading one declares it: what was asked for is the list of
/// settings, and what could not be used is kept, so that all of it is told at once.
final class SettingsReader {
    private let variables: [String: String]
    private(set) var settings: [Setting] = []
    /// At most one for each variable.
    private var problems: [(name: String, problem: String)] = []

    init(_ variables: [String: String] = ProcessInfo.processInfo.environment) {
        self.variables = variables
    }

    /// What `read` makes of the environment, or all that it could not use.
    static func read<Group>(
        _ variables: [String: String] = ProcessInfo.processInfo.environment,
        _ read: (SettingsReader) -> Group?
    ) throws(SettingsError) -> Group {
        let reader = SettingsReader(variables)
        guard let group = read(reader), reader.problems.isEmpty else {
            throw SettingsError(problems: reader.problems.map { "\($0.name) \($0.problem)" })
        }
        return group
    }

    /// A variable that has to be set. Nil when it is not, or cannot be used.
    func required<Value>(
        _ name: String, _ meaning: String, like example: String, isSecret: Bool = false,
        _ parse: (String) throws(Unusable) -> Value?
    ) -> Value? {
        declare(name, meaning, example, .required, isSecret)
        return judged(name) { () throws(Unusable) in
            guard let text = try text(name, isSecret) else { throw Unusable("is not set") }
            return try Self.value(of: text, like: example, parse)
        }
    }

    /// A variable that may be left out. Nil then too.
    func optional<Value>(
        _ name: String, _ meaning: String, like example: String, isSecret: Bool = false,
        _ parse: (String) throws(Unusable) -> Value?
    ) -> Value? {
        declare(name, meaning, example, .optional, isSecret)
        return judged(name) { () throws(Unusable) in
            guard let text = try text(name, isSecret) else { return nil }
            return try Self.value(of: text, like: example, parse)
        }
    }

    /// A variable with a value that holds when it is not set. Nil only when it cannot be used.
    ///
    /// - Parameter form: how a value is written, when the default does not say it.
    func value<Value>(
        _ name: String, _ meaning: String, default standard: String, form: String? = nil,
        _ parse: (String) throws(Unusable) -> Value?
    ) -> Value? {
        declare(name, meaning, standard, .standard(standard), false)
        return judged(name) { () throws(Unusable) in
            try Self.value(of: text(name, false) ?? standard, like: form ?? standard, parse)
        }
    }

    /// Tells of a variable that cannot be used as the others are; the first problem of each stands.
    func refuse(_ name: String, _ problem: String) {
        guard !problems.contains(where: { $0.name == name }) else { return }
        problems.append((name, problem))
    }

    private func declare(
        _ name: String, _ meaning: String, _ example: String, _ need: Setting.Need,
        _ isSecret: Bool
    ) {
        precondition(!settings.contains { $0.name == name }, "\(name) has two meanings")
        settings.append(
            Setting(name: name, meaning: meaning, example: example, need: need, isSecret: isSecret))
    }

    private func judged<Value>(
        _ name: String, _ body: () throws(Unusable) -> Value?
    ) -> Value? {
        do throws(Unusable) {
            return try body()
        } catch {
            refuse(error.name ?? name, error.problem)
            return nil
        }
    }

    private static func value<Value>(
        of text: String, like form: String, _ parse: (String) throws(Unusable) -> Value?
    ) throws(Unusable) -> Value {
        guard let value = try parse(text) else {
            throw Unusable("is malformed; write it like \(form)")
        }
        return value
    }

    /// Nil when the variable is not set, or empty. A secret may be what the file NAME_FILE holds,
    /// without the white space around it.
    private func text(_ name: String, _ isSecret: Bool) throws(Unusable) -> String? {
        let text = variables[name].flatMap { $0.isEmpty ? nil : $0 }
        let file = "\(name)_FILE"
        guard isSecret, let path = variables[file], !path.isEmpty else { return text }
        guard text == nil else {
            throw Unusable(file, "and \(name) are both set; keep one")
        }
        guard let bytes = try? Data(contentsOf: URL(filePath: path)),
            let content = String(bytes: bytes, encoding: .utf8)?.trimmed
        else { throw Unusable(file, "names a file that cannot be read: \(path)") }
        return content.isEmpty ? nil : content
    }
}
