import Sodium
import Testing

struct PasswordTests {
    @Test func `a hash is Argon2id with the parameters of the security reference`() {
        let hash = Password.hash("correct horse battery staple")
        #expect(hash.hasPrefix("$argon2id$v=19$m=19456,t=2,p=1$"))
        #expect(hash.utf8.count <= 127)
    }

    @Test(arguments: [
        "correct horse", "pässwörd 🎬", "", "a\0b", String(repeating: "x", count: 4096),
    ])
    func `the password itself is accepted and every other one refused`(password: String) {
        let hash = Password.hash(password)
        #expect(Password.verify(password, against: hash))
        #expect(!Password.verify(password + "x", against: hash))
        #expect(!Password.verify("other", against: hash))
    }

    @Test func `what follows a NUL still counts`() {
        #expect(!Password.verify("a\0c", against: Password.hash("a\0b")))
    }

    @Test func `one password hashed twice gives two hashes`() {
        #expect(Password.hash("correct horse") != Password.hash("correct horse"))
    }

    @Test(arguments: ["", "x", "$argon2id$", "$2b$12$abcdefghijklmnopqrstuv", "$argon2id$\0"])
    func `a text that is no hash accepts no password and wants a new hash`(stored: String) {
        #expect(!Password.verify("", against: stored))
        #expect(!Password.verify("x", against: stored))
        #expect(Password.needsRehash(stored))
    }

    @Test func `a hash cut short or followed by a NUL is refused`() {
        let hash = Password.hash("correct horse")
        #expect(!Password.verify("correct horse", against: String(hash.dropLast())))
        #expect(!Password.verify("correct horse", against: hash + "\0"))
    }

    @Test func `only a hash with other parameters has to be made again`() {
        // A well-formed hash with 8 MiB instead of 19.
        let weaker =
            "$argon2id$v=19$m=8192,t=2,p=1$c2FsdHNhbHRzYWx0$"
            + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        #expect(Password.needsRehash(weaker))
        #expect(!Password.needsRehash(Password.hash("correct horse")))
    }
}
