import ArgumentParser

struct Config: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Tells of the settings, and whether they can be used.",
        subcommands: [Check.self, List.self])

    /// What the C library calls EX_CONFIG.
    private static let unusable: Int32 = 78

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check",
            abstract: "Exits 0 when `rushes serve` and `rushes work` can start with the settings.",
            discussion: """
                Prints one line for each variable that cannot be used, and then exits 78. Nothing \
                is connected to, and no secret is shown.
                """)

        func run() throws {
            do {
                _ = try SettingsReader.read { reader -> Settings? in
                    _ = SchemaSettings(reader)
                    return Settings(reader)
                }
            } catch {
                print(error)
                throw ExitCode(unusable)
            }
            print("The settings can be used.")
        }
    }

    struct List: ParsableCommand {
        enum Form: String, CaseIterable, ExpressibleByArgument {
            case names, table, environment
        }

        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "Prints every variable that Rushes reads.",
            discussion: """
                As the README's table, as an environment file to begin with, or the names alone.
                """)

        @Option(help: "How: \(Form.allCases.map(\.rawValue).joined(separator: ", ")).")
        var form = Form.table

        func run() {
            print(Config.text(of: Settings.list, as: form), terminator: "")
        }
    }

    static func text(of settings: [Setting], as form: List.Form) -> String {
        switch form {
        case .names: settings.map { "\($0.name)\n" }.joined()
        case .table:
            "| variable | default | meaning |\n| --- | --- | --- |\n"
                + settings.map { "\($0.row)\n" }.joined()
        case .environment:
            """
            # The settings of Rushes: `cp .env.example .env`, and set what is needed. NAME_FILE names
            # a file that holds a secret. Made by `rushes config list --form environment`.

            """ + settings.map { "\n\($0.lines)\n" }.joined()
        }
    }
}

extension Setting {
    /// A row of the README's table.
    fileprivate var row: String {
        let standard =
            switch need {
            case .required: "needed"
            case .optional: ""
            case .standard(let text): "`\(text)`"
            }
        return "| `\(name)` | \(standard) | \(meaning) |"
    }

    /// The meaning as a comment, and the variable, which is itself one until it is set.
    fileprivate var lines: String {
        let note =
            switch need {
            case .required: " Needed."
            case .optional: ""
            case .standard(let text): " When it is not set: \(text)."
            }
        return "# \(Self.sentence(meaning))\(note)\n#\(name)=\(example)"
    }

    private static func sentence(_ text: String) -> String {
        text.prefix(1).uppercased() + text.dropFirst() + "."
    }
}
