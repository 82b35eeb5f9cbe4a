// swift-tools-version: 6.2
import PackageDescription

// A peer of bin/bench, in a package of its own: the product does not depend on Hummingbird.
let package = Package(
    name: "hummingbird-peer",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(
            url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1")
    ],
    targets: [
        .executableTarget(
            name: "Hello", dependencies: [.product(name: "Hummingbird", package: "hummingbird")])
    ])
