/// One variable of the environment: what `rushes config list`, the README's table and
/// `.env.example` say of it.
struct Setting: Equatable, Sendable {
    enum Need: Equatable, Sendable {
        /// Nothing starts without it.
        case required
        /// Something is off without it.
        case optional
        /// What holds when it is not set.
        case standard(String)
    }

    let name: String
    let meaning: String
    let example: String
    let need: Need
    /// Never shown, and may come from a file: NAME_FILE.
    let isSecret: Bool
}

/// The variables that cannot be used: one line for each, which names it.
struct SettingsError: Error, CustomStringConvertible {
    let problems: [String]

    var description: String { problems.joined(separator: "\n") }
}

/// Why a value cannot be used, as its line goes on after the variable's name.
struct Unusable: Error {
    /// Another variable than the one that is read; nil for that one.
    let name: String?
    let problem: String

    init(_ problem: String) {
        name = nil
        self.problem = problem
    }

    init(_ name: String, _ problem: String) {
        self.name = name
        self.problem = problem
    }
}
