import MariaDB
import Testing

struct DatabaseConfigurationTests {
    @Test func `a TCP address is read`() throws {
        let configuration = try DatabaseConfiguration(
            url: "mariadb://rushes:s%40cret%2F%3F@db.example.com:3307/rushes")
        #expect(configuration.host == "db.example.com")
        #expect(configuration.port == 3307)
        #expect(configuration.socket == nil)
        #expect(configuration.user == "rushes")
        #expect(configuration.password == "s@cret/?")
        #expect(configuration.database == "rushes")
    }

    @Test func `a socket is read`() throws {
        let configuration = try DatabaseConfiguration(
            url: "mariadb://root@localhost/?socket=/run/my%20sql/mysqld.sock")
        #expect(configuration.socket == "/run/my sql/mysqld.sock")
        #expect(configuration.password == "")
        #expect(configuration.database == nil)
    }

    @Test func `the port is 3306 when left out, and IPv6 loses its brackets`() throws {
        let configuration = try DatabaseConfiguration(url: "mariadb://u@[::1]/d")
        #expect(configuration.port == 3306)
        #expect(configuration.host == "::1")
    }

    @Test(arguments: [
        "", "rushes", "mysql://u@h/d", "mariadb://h/d", "mariadb://u@/d", "mariadb://u@h:0/d",
        "mariadb://u@h:70000/d", "mariadb://u@h/d/e", "mariadb://u@h/d?sokcet=/x",
        "mariadb://u@h/d?socket=", "mariadb://u@h/d?socket=/a&socket=/b", "mariadb://u@h/d#x",
        "mariadb://u:a%00b@h/d", "mariadb://u@h%20h/d", "mariadb://u@h h/d",
        "mariadb://u@127.1/d", "mariadb://u@[::1/d", "mariadb://u@h\u{E4}/d",
    ])
    func `anything else is refused`(url: String) {
        #expect(throws: InvalidDatabaseURL.self) { try DatabaseConfiguration(url: url) }
    }

    @Test func `the password is in no description`() throws {
        let configuration = try DatabaseConfiguration(url: "mariadb://u:hunter2@h/d")
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped] {
            #expect(!text.contains("hunter2"))
            #expect(text.contains("mariadb://u@h:3306/d"))
        }
        let refused = #expect(throws: InvalidDatabaseURL.self) {
            try DatabaseConfiguration(url: "mariadb://u:hunter2@h/d?x=y")
        }
        #expect(refused?.description.contains("hunter2") == false)
    }
}
