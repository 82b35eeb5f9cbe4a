import DatabaseSupport
import FoundationEssentials
import MariaDB
import Synchronization
import Testing

/// What is replaced whole lies beside the migrations.
extension MigrationTests {
    static let lastUser = (
        "routines/last_user.sql",
        "-- The newest.\nCREATE OR REPLACE VIEW last_user AS SELECT MAX(id) AS id FROM users\n"
    )
    private static let firstUser = (
        "routines/last_user.sql",
        "CREATE OR REPLACE VIEW last_user AS SELECT MIN(id) AS id FROM users"
    )
    private static let count = (
        "routines/count_users.sql",
        "CREATE OR REPLACE PROCEDURE count_users() BEGIN SELECT COUNT(*) AS n FROM users; END"
    )

    private func lastUser(_ configuration: DatabaseConfiguration) throws -> Int? {
        try Connection(configuration).first("SELECT id FROM last_user") { try $0("id") }
    }

    @Test func `what is replaced whole comes after the migrations, and again when it changes`()
        throws
    {
        try withFolder([Self.lastUser, Self.users, Self.seed, Self.count]) {
            folder, configuration in
            let routines = ["routines/count_users", "routines/last_user"]
            #expect(
                try migrations(folder).check(using: configuration).pending
                    == ["0001_create_users", "0002_seed_users"] + routines)
            #expect(
                try migrations(folder).apply(using: configuration) { _ in }
                    == ["0001_create_users", "0002_seed_users"] + routines)
            #expect(try lastUser(configuration) == 2)
            #expect(try migrations(folder).check(using: configuration).isCurrent)
            #expect(try migrations(folder).apply(using: configuration) { _ in } == [])

            try write(Self.firstUser, to: folder)
            #expect(
                try migrations(folder).check(using: configuration).pending
                    == ["routines/last_user"])
            #expect(
                try migrations(folder).apply(using: configuration) { _ in }
                    == ["routines/last_user"])
            #expect(try lastUser(configuration) == 1)

            // An earlier release is put back.
            try write(Self.lastUser, to: folder)
            try migrations(folder).apply(using: configuration) { _ in }
            #expect(try lastUser(configuration) == 2)
        }
    }

    @Test func `what is gone from the folder is forgotten, and made again when it comes back`()
        throws
    {
        try withFolder([Self.users, Self.seed, Self.lastUser]) { folder, configuration in
            try migrations(folder).applyAll(toEmpty: configuration)
            #expect(try migrations(folder).check(using: configuration).isCurrent)
            try FileManager.default.removeItem(atPath: "\(folder)/\(Self.lastUser.0)")
            #expect(try migrations(folder).apply(using: configuration) { _ in } == [])
            try Connection(configuration).execute("DROP VIEW last_user")
            try write(Self.lastUser, to: folder)
            try migrations(folder).apply(using: configuration) { _ in }
            #expect(try lastUser(configuration) == 2)
        }
    }

    @Test func `what fails is named and can be mended`() throws {
        try withFolder([Self.users, ("routines/a.sql", "CREATE OR REPLACE VIEW a AS SELECT x")]) {
            folder, configuration in
            let error = #expect(throws: MigrationError.self) {
                try migrations(folder).apply(using: configuration) { _ in }
            }
            guard case .failed("routines/a", _) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(
                try migrations(folder).check(using: configuration).pending == ["routines/a"])
            try write(("routines/a.sql", "CREATE OR REPLACE VIEW a AS SELECT 1 AS x"), to: folder)
            #expect(try migrations(folder).apply(using: configuration) { _ in } == ["routines/a"])
        }
    }

    @Test func `what could not be run twice is refused before anything is run`() throws {
        try withFolder([Self.users, ("routines/a.sql", "CREATE VIEW a AS SELECT 1 AS x")]) {
            folder, _ in
            #expect(throws: MigrationError.notReplacing(file: "routines/a")) {
                try migrations(folder)
            }
        }
    }
}
