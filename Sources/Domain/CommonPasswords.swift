/// Passwords of at least eight characters that every guessing program tries first.
enum CommonPasswords {
    static func contains(_ password: String) -> Bool { list.contains(password[...]) }

    private static let list = Set(
        """
        00000000 11111111 11223344 123123123 12341234 12345678 123456789 1234567890 123qwe123
        123qweasd 147258369 159357456 1q2w3e4r 1q2w3e4r5t 1qaz2wsx 1qazxsw2 55555555 66666666
        741852963 77777777 789456123 87654321 88888888 987654321 99999999 a1234567 a12345678
        a1b2c3d4 aa123456 abc12345 abcd1234 abcdefg1 abcdefgh admin123 admin1234 adminadmin
        administrator arsenal1 asd12345 asdf1234 asdfghjk asdfghjkl ashley12 babygirl babygirl1
        bailey12 barcelona baseball baseball1 blink182 buster12 butterfly changeme changeme123
        charlie1 cheese12 chelsea1 chocolate cocacola computer computer1 contraseña cookie12
        corvette cowboys1 daniel12 december default1 dragon12 dragon123 elephant facebook
        football football1 ginger12 google123 guest123 hallo123 hello123 hello1234 hunter12
        hunter22 iloveu12 iloveyou iloveyou1 internet jennifer jessica1 jordan12 jordan23
        juventus1 killer12 letmein! letmein1 letmein123 liverpool lovely12 loveyou1 marlboro
        master12 master123 maverick mercedes metallica michael1 michelle midnight minecraft
        monkey12 monkey123 motdepasse mountain mypassword nicole12 november p@ssw0rd p@ssword
        pa$$word pass1234 pass12345 passpass passw0rd password password! password0 password01
        password1 password12 password123 password1234 password2 password3 password7 password9
        password99 passwort passwort1 pepper12 pokemon1 princess princess1 q1w2e3r4 q1w2e3r4t5
        qwe12345 qweasdzxc qwerty!! qwerty12 qwerty123 qwerty1234 qwerty12345 qwertyui
        qwertyuiop realmadrid root1234 rootroot samantha scorpion1 secret12 secret123 september
        shadow12 shadow123 slipknot spring2025 starwars starwars1 steelers summer2024 summer2025
        summer2026 sunshine sunshine1 superman superman1 temp1234 temporary test1234 test12345
        testing1 testtest thomas12 tigger12 trustno1 user1234 victoria welcome1 welcome123
        whatever winter2024 winter2025 winter2026 yankees1 yourpassword zaq12wsx zxcvbnm1
        """.split(whereSeparator: \.isWhitespace))
}
