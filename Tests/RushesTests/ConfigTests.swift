import FoundationEssentials
import Testing

@testable import Rushes

/// What the program tells of its settings, and the files that repeat it.
struct ConfigTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private func text(_ path: String) throws -> String {
        try String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
    }

    @Test func `the README has the table of the settings`() throws {
        let table = Config.text(of: Settings.list, as: .table)
        #expect(
            try text("README.md").contains("\n\n\(table)\n"),
            "put there what `rushes config list` prints")
    }

    @Test func `the example file has every setting`() throws {
        #expect(
            try text(".env.example") == Config.text(of: Settings.list, as: .environment),
            "run `rushes config list --form environment >.env.example`")
    }

    @Test func `the scripts know every setting`() throws {
        let script = try text("bin/lib.sh")
        let list = try #require(script.firstMatch(of: /application_variables=\(([^)]*)\)/))
        let names = list.output.1.split { $0.isWhitespace }.map { String($0) }
        // They keep the owner of the schema from all but `rushes migrate`.
        let own = Settings.list.map(\.name).filter { $0 != "MIGRATE_DATABASE_URL" }
        #expect(names == own.sorted())
    }

    @Test func `nothing that is needed is left unsaid`() {
        let error = #expect(throws: SettingsError.self) {
            try SettingsReader.read([:]) { Settings($0) }
        }
        let needed = Settings.list.filter { $0.need == .required }
        #expect(error?.problems == needed.map { "\($0.name) is not set" })
        #expect(needed.count == 7)
    }

    @Test func `one problem hides no other, and no secret is shown`() {
        let value = "hunter2, a secret of nobody's"
        let variables = Dictionary(
            uniqueKeysWithValues: Settings.list.map { ($0.name, value) })
        let error = #expect(throws: SettingsError.self) {
            try SettingsReader.read(variables) { reader -> Settings? in
                _ = SchemaSettings(reader)
                return Settings(reader)
            }
        }
        let named = error?.problems.map { $0.prefix { $0 != " " } }.sorted() ?? []
        let able = [
            "POLLO_API_KEY", "POLLO_WEBHOOK_SECRET", "JWT_SECRET", "JWT_SECRET_PREVIOUS",
            "SELLER_NAME",
            "SELLER_ADDRESS", "SELLER_TAX_ID", "TAX_LINE",
        ]
        let missing = Set(Settings.list.map { $0.name[...] }).subtracting(named)
        #expect(missing.isSubset(of: able.map { $0[...] }))
        #expect(Set(named).count == named.count)
        for problem in error?.problems ?? [] { #expect(!problem.contains(value)) }
    }

    @Test func `each has a meaning of one line, and an example that a shell could read`() {
        for setting in Settings.list {
            #expect(!setting.meaning.isEmpty && !setting.meaning.contains("\n"))
            #expect(!setting.example.isEmpty && !setting.example.contains("\n"))
        }
        #expect(Set(Settings.list.map(\.name)).count == Settings.list.count)
    }

    @Test func `a secret may lie in a file, and nothing else`() throws {
        let path = "/tmp/rushes-settings-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data("mariadb://u:p@db.example/rushes\n".utf8).write(to: URL(filePath: path))
        let read = { (variables: [String: String]) in
            try SettingsReader.read(variables) { DatabaseSettings($0) }
        }
        #expect(throws: Never.self) { try read(["DATABASE_URL_FILE": path]) }
        let both = #expect(throws: SettingsError.self) {
            try read(["DATABASE_URL_FILE": path, "DATABASE_URL": "x"])
        }
        #expect(both?.description == "DATABASE_URL_FILE and DATABASE_URL are both set; keep one")
        let gone = #expect(throws: SettingsError.self) {
            try read(["DATABASE_URL_FILE": "/nowhere"])
        }
        #expect(gone?.description == "DATABASE_URL_FILE names a file that cannot be read: /nowhere")
        let media = try SettingsReader.read(["MEDIA_URL_FILE": path]) { MediaSettings($0) }
        #expect(media.folder == "media")
    }
}
