package import FoundationEssentials
package import Texts

package enum UploadKind {}
package typealias UploadID = ID<UploadKind>

/// What a picture of ours is called: 32 hexadecimal digits, which nobody guesses. Whoever has its
/// address may look at the picture; so may the video vendor.
package struct PictureName: Hashable, Sendable, CustomStringConvertible {
    package let text: String
    package var description: String { text }

    /// Nil for anything else than 32 hexadecimal digits in lower case.
    package init?(_ text: String) {
        let isDigit = { (byte: UInt8) in
            (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
        }
        guard text.utf8.count == 32, text.utf8.allSatisfy(isDigit) else { return nil }
        self.text = text
    }

    /// The name in an address of ours; nil when it is no picture's, or not ours.
    package init?(of url: String, at appURL: String) {
        let (head, tail) = ("\(appURL)/pictures/", ".jpg")
        guard url.utf8.starts(with: head.utf8),
            url.utf8.reversed().starts(with: tail.utf8.reversed())
        else { return nil }
        self.init(String(url.dropFirst(head.count).dropLast(tail.count)))
    }

    /// Where it lies in the media store.
    package var key: String { "pictures/\(text.prefix(2))/\(text).jpg" }

    /// Its address, where nginx gives it to whoever knows it.
    package func url(at appURL: String) -> String { "\(appURL)/pictures/\(text).jpg" }
}

/// What is known of a picture that was made ours.
package struct PictureFacts: Hashable, Sendable {
    package let width: Int
    package let height: Int
    package let sizeBytes: Int
    /// SHA-256, lower-case hex.
    package let checksum: String

    package init(width: Int, height: Int, sizeBytes: Int, checksum: String) {
        self.width = width
        self.height = height
        self.sizeBytes = sizeBytes
        self.checksum = checksum
    }
}

/// A picture that an account keeps with us.
package struct Upload: Sendable {
    /// How many an account may keep, and how many bytes of them.
    package static let limit = 200
    package static let limitBytes = 400 << 20
    /// How long one is kept that no video is made from.
    package static let unusedDays = 7

    package let id: UploadID
    package let name: PictureName
    package let facts: PictureFacts
    package let createdAt: Date
    /// When it goes; nil once a video was made from it.
    package let expiresAt: Date?

    package init(
        id: UploadID, name: PictureName, facts: PictureFacts, createdAt: Date, expiresAt: Date?
    ) {
        self.id = id
        self.name = name
        self.facts = facts
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }
}

/// Why a file is no picture that a video can be made from.
package enum NotPicture: Error, Equatable {
    /// No JPG, PNG, WebP or HEIC by its content.
    case unknownKind
    /// It is one, and cannot be decoded whole.
    case broken
    case tooSmall, tooLong, tooManyPoints

    /// The largest file that is taken.
    package static let maxBytes = 10 << 20
    /// Of each side, as the models behind the vendor have it.
    package static let leastSide = 300
    package static let largestSide = 12_000
    package static let largestRatio = 4
    package static let maxPoints = 50_000_000
    /// Of a picture that has to be decoded whole before it can be made smaller.
    package static let maxHEICPoints = 16_000_000

    package var phrase: Phrase {
        switch self {
        case .unknownKind: Phrase(.pictureUnknownKind)
        case .broken: Phrase(.pictureBroken)
        case .tooSmall: Phrase(.pictureTooSmall, ["least": .number(Self.leastSide)])
        case .tooLong: Phrase(.pictureTooLong, ["most": .number(Self.largestRatio)])
        case .tooManyPoints:
            Phrase(
                .pictureTooManyPoints,
                [
                    "most": .number(Self.maxPoints / 1_000_000),
                    "side": .number(Self.largestSide),
                ])
        }
    }
}
