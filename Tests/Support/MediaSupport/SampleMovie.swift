import FoundationEssentials

/// A playable video of six seconds, with its index before its pictures.
package enum SampleMovie {
    package static let bytes: [UInt8] = {
        // Tests/Support/MediaSupport/SampleMovie.swift
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4)
        let path = (root + ["nginx/html/assets/media/sample.mp4"]).joined(separator: "/")
        guard let data = try? Data(contentsOf: URL(filePath: path)) else {
            preconditionFailure("there is no \(path)")
        }
        return Array(data)
    }()
}
