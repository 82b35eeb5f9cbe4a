// swift-tools-version: 6.2
import PackageDescription

/// What every Swift target is built with: data races, hidden imports, unmarked unsafe code and
/// warnings all fail the build.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    // Swift 6.3.1 at -O loses stores: a failable initialiser that sets members of several words in
    // a loop left some of them at their defaults. This pass does it; without it all is right.
    // Tests/CompilerTests has such a program, and fails when a newer compiler needs no flag.
    .unsafeFlags(
        ["-Xllvm", "-sil-disable-pass=loop-invariant-code-motion"],
        .when(configuration: .release)),
]

/// The headers of a C library of Debian, which lie in /usr/include.
func system(_ name: String, _ package: String) -> Target {
    .systemLibrary(name: name, providers: [.apt([package])])
}

/// - Parameter libraries: what the C library behind the module is linked from, by file, so that it
///   is static where Debian has it so, and lies in each program. docs/deployment.md says what must
///   be built anew when Debian mends one of them.
func module(
    _ name: String, _ dependencies: [Target.Dependency] = [], libraries: [String] = []
) -> Target {
    .target(
        name: name, dependencies: dependencies, swiftSettings: strict,
        linkerSettings: libraries.isEmpty
            ? [] : [.unsafeFlags(libraries.flatMap { ["-Xlinker", $0] })])
}

let cSettings: [CSetting] = [.unsafeFlags(["-O2", "-Wall", "-Wextra", "-Werror"])]

/// OpenSSL stays a shared library: it is mended most often, and a restart is then enough.
let tls = ["-lssl", "-lcrypto", "-l:libz.a"]

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let argumentParser = Target.Dependency.product(
    name: "ArgumentParser", package: "swift-argument-parser")
let package = Package(
    name: "rushes",
    products: [
        .executable(name: "rushes", targets: ["Rushes"]),
        .executable(name: "rushes-probe", targets: ["RushesProbe"]),
        .executable(name: "rushes-sandbox", targets: ["RushesSandbox"]),
    ],
    dependencies: [
        // Methods, statuses and field names of HTTP: the shared vocabulary of Swift servers.
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        // Structured log lines with a request id on each.
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        // Subcommands, options and their help texts.
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    ],
    targets: [
        // What Linux and glibc have beyond POSIX: epoll, accept4, pipe2. Needs no package.
        .systemLibrary(name: "CLinux"),
        // FastCGI, the protocol between nginx and us, by its reference library.
        system("CFastCGI", "libfcgi-dev"),
        // The client library of MariaDB itself.
        system("CMariaDB", "libmariadb-dev"),
        // What libmariadb sets aside for each prepared statement.
        .target(name: "CMariaDBMemory", cSettings: cSettings),
        // HTTP to the vendors, and SMTP.
        system("CCurl", "libcurl4-openssl-dev"),
        // What libcurl.a names and we do not use, so that 25 libraries need not be loaded.
        .target(name: "CAbsent", cSettings: cSettings),
        // Argon2id, HMAC-SHA-256, random bytes, constant-time comparison: one crypto library.
        system("CSodium", "libsodium-dev"),
        // The codes of authenticators (RFC 6238), for which libsodium lacks SHA-1.
        system("COath", "liboath-dev"),
        // QR codes, which authenticators read.
        system("CQREncode", "libqrencode-dev"),

        module("Texts"),
        module("Addresses", ["Texts"]),
        module("JSON"),
        module("Domain", ["Addresses", "JSON", "Texts"]),
        module("System", ["CLinux"]),
        module("HTTP", ["System", httpTypes]),
        module(
            "FastCGI", ["HTTP", "System", "CFastCGI", "CLinux", httpTypes],
            libraries: ["-l:libfcgi.a"]),
        module(
            "MariaDB", ["Addresses", "CMariaDB", "CMariaDBMemory"],
            libraries: ["--wrap=ma_init_alloc_root", "-l:libmariadb.a"] + tls),
        module(
            "Curl", ["Addresses", "HTTP", "System", "CAbsent", "CCurl", httpTypes],
            libraries: ["-l:libcurl.a"] + tls),
        module("Sodium", ["CSodium"], libraries: ["-l:libsodium.a"]),
        module(
            "Authenticator", ["Addresses", "COath", "CQREncode", "Sodium"],
            libraries: ["-l:liboath.a"]),
        // The files of videos: where they lie, what is in them.
        module("Media", ["Domain", "JSON", "Sodium", "System"]),
        module("Ledger", ["Domain", "JSON", "MariaDB", "Sodium", "Texts"]),
        module("Store", ["Domain", "JSON", "Ledger", "MariaDB", "Texts"]),
        // Random numbers that a seed decides, for samples and tests.
        module("RandomSupport"),
        // A shop of ninety days, for development.
        module(
            "SampleShop",
            ["Domain", "JSON", "Ledger", "MariaDB", "RandomSupport", "Sodium", "Store"]),
        module("Stripe", ["Domain", "HTTP", "JSON", "Sodium", httpTypes]),
        module("Pollo", ["Domain", "HTTP", "JSON", "Sodium", httpTypes]),
        module("Billing", ["Domain", "Ledger", "MariaDB", "Store", "Stripe", "Texts", logging]),
        module(
            "Reconciliation",
            ["Domain", "JSON", "Ledger", "MariaDB", "Pollo", "Store", "Stripe", logging]),
        // What calls of an API are made of, apart from which calls there are and what they do.
        module("API", ["Domain", "HTTP", "JSON", "Sodium", "Texts", httpTypes]),
        // What a request passes before its handler, which needs no route and no answer.
        module(
            "Entrance",
            [
                "Addresses", "API", "Authenticator", "Domain", "HTTP", "JSON", "MariaDB", "Sodium",
                "Store",
                "System", "Texts", httpTypes,
            ]),
        module(
            "Web",
            [
                "Addresses", "API", "Authenticator", "Billing", "Domain", "Entrance", "HTTP",
                "JSON",
                "Ledger", "MariaDB", "Media", "Pollo", "Sodium", "Store", "Stripe", "System",
                "Texts",
                httpTypes, logging,
            ]),
        // What somebody does with their own account, over the same site.
        module(
            "Account",
            [
                "API", "Authenticator", "Domain", "Entrance", "HTTP", "JSON", "Ledger", "MariaDB",
                "Media", "Sodium", "Store", "Texts", "Web",
                httpTypes, logging,
            ]),
        // What the operator sees and does, over the same site.
        module(
            "Console",
            [
                "API", "Billing", "Domain", "Entrance", "HTTP", "JSON", "Ledger", "Media", "Pollo",
                "Store", "Stripe", "Texts", "Web", httpTypes, logging,
            ]),
        // What owners do with finished videos, and what people see whom they show one, over the same site.
        module(
            "Library",
            [
                "API", "Domain", "HTTP", "JSON", "MariaDB", "Sodium", "Store", "Texts", "Web",
                httpTypes,
            ]),
        // What anybody is told without signing in and without a script, over the same site.
        module("Front", ["API", "Domain", "HTTP", "JSON", "Store", "Texts", "Web", httpTypes]),
        module(
            "Worker",
            [
                "Addresses", "Billing", "Curl", "Domain", "HTTP", "JSON", "Ledger", "MariaDB",
                "Media",
                "Pollo", "Reconciliation", "Sodium", "Store", "Stripe", "System", "Texts",
                httpTypes,
                logging,
            ]),
        .executableTarget(
            name: "Rushes",
            dependencies: [
                "Account", "Addresses", "Billing", "Console", "Curl", "Domain", "Entrance",
                "FastCGI", "Front", "HTTP",
                "JSON", "Ledger", "Library", "MariaDB", "Media",
                "Pollo", "Reconciliation", "SampleShop", "Sodium", "Store", "Stripe", "System",
                "Texts", "Web", "Worker",
                argumentParser, httpTypes, logging,
            ],
            swiftSettings: strict,
            linkerSettings: [
                .unsafeFlags(
                    [
                        "-use-ld=lld", "-Xlinker", "-z", "-Xlinker", "pack-relative-relocs",
                        "-Xlinker", "--icf=safe", "-Xlinker", "--gc-sections",
                    ], .when(configuration: .release))
            ]),
        // What looks at files that came from elsewhere, in a process of its own for each: C on the
        // static libraries of libavformat-dev, libavcodec-dev and libswscale-dev, of which it has
        // the few parts that it names. Debian has libdav1d as a shared library alone, and parts of
        // the static ones cannot be moved in memory (no PIE). The driver's own libraries come
        // before these flags, so each is named by its file.
        .executableTarget(
            name: "RushesProbe",
            cSettings: [
                .unsafeFlags(["-O2", "-Wall", "-Wextra", "-Werror", "-fno-pie"])
            ],
            linkerSettings: [
                .unsafeFlags(
                    [
                        "-use-ld=lld", "-static-stdlib", "-Xclang-linker", "-no-pie",
                        "-Xlinker", "--gc-sections", "-Xlinker", "--as-needed",
                        "-Xlinker", "-z", "-Xlinker", "now",
                    ]
                        + [
                            "-l:libavformat.a", "-l:libavcodec.a", "-l:libswscale.a",
                            "-l:libswresample.a", "-l:libavutil.a", "-l:libz.a", "-ldav1d", "-lm",
                        ].flatMap { ["-Xlinker", $0] })
            ]),
        // Stripe and Pollo as values that take a request and give an answer: for the program, and
        // for tests, whose clients send to them.
        module("Sandbox", ["Addresses", "HTTP", "JSON", "Sodium", "System", httpTypes, logging]),
        .executableTarget(
            name: "RushesSandbox",
            dependencies: [
                "Curl", "FastCGI", "HTTP", "Sandbox", "System", argumentParser, logging,
            ],
            swiftSettings: strict),

        tests("CompilerTests", ["System"]),
        tests("AddressesTests", ["Addresses", "Texts"]),
        tests("TextsTests", ["Texts"]),
        tests("JSONTests", ["JSON", "RandomSupport"]),
        tests("HTTPTests", ["HTTP", "System"]),
        tests("DomainTests", ["Domain", "JSON", "RandomSupport", "Texts"]),
        tests("SystemTests", ["System"]),
        tests("FastCGITests", ["FastCGI", "HTTP", "RandomSupport", "System", httpTypes]),
        // A real MariaDB for tests.
        .target(
            name: "DatabaseSupport", dependencies: ["MariaDB", "System"],
            path: "Tests/Support/DatabaseSupport", swiftSettings: strict),
        // Users, credit and jobs for tests of the shop, and the audit that each ends with.
        .target(
            name: "BooksSupport",
            dependencies: ["Addresses", "Domain", "JSON", "Ledger", "MariaDB", "Store"],
            path: "Tests/Support/BooksSupport", swiftSettings: strict),
        // Stripe and Pollo in memory, and all that the books hold of one order.
        .target(
            name: "PaymentSupport",
            dependencies: [
                "BooksSupport", "Domain", "HTTP", "Ledger", "MariaDB", "Pollo", "Sandbox", "Store",
                "Stripe",
                httpTypes,
            ],
            path: "Tests/Support/PaymentSupport", swiftSettings: strict),
        // A video, and the boxes that such files are made of.
        .target(
            name: "MediaSupport", path: "Tests/Support/MediaSupport", swiftSettings: strict),
        // Confines itself as rushes-probe does, and tries to get out.
        .executableTarget(
            name: "confined-child", path: "Tests/Support/ConfinedChild",
            cSettings: cSettings),
        // Pictures of every kind, and files that only look like one.
        .target(
            name: "PictureSupport", dependencies: ["System"],
            path: "Tests/Support/PictureSupport", swiftSettings: strict),
        tests(
            "MediaTests",
            [
                "Domain", "JSON", "Media", "MediaSupport", "PictureSupport", "Sandbox", "System",
            ]),
        tests("MariaDBTests", ["DatabaseSupport", "MariaDB"]),
        // A web server on a loopback port, which answers as a test says.
        .target(
            name: "LoopbackSupport", dependencies: ["System"],
            path: "Tests/Support/LoopbackSupport", swiftSettings: strict),
        tests("CurlTests", ["Addresses", "Curl", "HTTP", "LoopbackSupport", "System", httpTypes]),
        tests("SodiumTests", ["Sodium"]),
        tests("AuthenticatorTests", ["Authenticator"]),
        tests(
            "LedgerTests",
            [
                "BooksSupport", "DatabaseSupport", "Domain", "Ledger", "MariaDB", "RandomSupport",
                "Store",
            ]),
        tests(
            "StoreTests",
            [
                "BooksSupport", "DatabaseSupport", "Domain", "JSON", "Ledger", "MariaDB",
                "PaymentSupport", "RandomSupport", "Store", "Texts",
            ]),
        tests(
            "BillingTests",
            [
                "Billing", "BooksSupport", "DatabaseSupport", "Domain", "HTTP", "Ledger", "MariaDB",
                "PaymentSupport", "RandomSupport", "Sandbox", "Store", "Stripe", "Texts", httpTypes,
                logging,
            ]),
        tests(
            "ReconciliationTests",
            [
                "Billing", "BooksSupport", "DatabaseSupport", "Domain", "JSON", "Ledger", "MariaDB",
                "PaymentSupport", "Pollo", "Reconciliation", "Sandbox", "Store", "Stripe", logging,
            ]),
        tests(
            "SampleShopTests",
            [
                "BooksSupport", "DatabaseSupport", "Domain", "Ledger", "MariaDB", "SampleShop",
                "Store",
            ]),
        tests("StripeTests", ["HTTP", "Sodium", "Stripe", httpTypes]),
        tests("PolloTests", ["Domain", "HTTP", "Pollo", "Sodium", httpTypes]),
        tests(
            "WebTests",
            [
                "Account", "Addresses", "API", "Authenticator", "BooksSupport", "Console",
                "DatabaseSupport", "Domain", "Entrance", "Front", "HTTP", "JSON", "Ledger",
                "Library", "MariaDB", "Media", "PaymentSupport", "PictureSupport", "RandomSupport",
                "Sandbox",
                "Sodium", "Store", "Stripe", "System", "Web", httpTypes, logging,
            ]),
        tests(
            "WorkerTests",
            [
                "Addresses", "BooksSupport", "Curl", "DatabaseSupport", "Domain", "HTTP", "JSON",
                "Ledger", "LoopbackSupport", "MariaDB", "Media", "MediaSupport", "PaymentSupport",
                "PictureSupport", "Pollo", "Sandbox", "Sodium", "Store", "Stripe", "System",
                "Texts", "Worker",
                httpTypes, logging,
            ]),
        tests(
            "SandboxTests",
            [
                "Domain", "HTTP", "JSON", "Pollo", "Sandbox", "Stripe", "System", httpTypes,
                logging,
            ]),
        tests(
            "RushesTests",
            ["Addresses", "HTTP", "JSON", "Rushes", httpTypes, logging]),
    ],
    swiftLanguageModes: [.v6]
)
