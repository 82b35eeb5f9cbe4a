import JSON

/// What `rushes-probe` found in a file, judged.
struct MovieFacts: Equatable {
    let width: Int
    let height: Int
    let milliseconds: Int

    /// What browsers play; `rushes-probe` can decode nothing else.
    static let codecs = ["h264", "hevc", "av1", "vp9"]
    /// Beyond the best resolution sold, in either direction.
    static let sides = 16...4096
    static let maxPixels = 4096 * 2304
    /// Around what is sold: a vendor's length is never exact.
    static let lengths = 100...600_000
    static let maxPicturesPerSecond = 240

    /// Reads what `rushes-probe` writes about the first moving pictures, each of them counted.
    ///
    /// Throws ``NotStored`` when it is no video for a browser, when a number is out of range (an
    /// `mvhd` may say that it lasts 0xFFFFFFFF), or when not all announced pictures are there: a
    /// file can be cut off although all that was announced came.
    init(probe: JSONValue) throws(NotStored) {
        guard let codec = probe["codec"]?.string, Self.codecs.contains(codec) else {
            throw NotStored("its pictures are not of a kind that browsers play")
        }
        guard let width = Self.number(probe["width"]), let height = Self.number(probe["height"]),
            Self.sides.contains(width), Self.sides.contains(height),
            width * height <= Self.maxPixels
        else { throw NotStored("its pictures have no size that is sold") }
        // A piece of the file may leave its own length out, but not give another range.
        guard let milliseconds = Self.number(probe["milliseconds"]),
            Self.lengths.contains(milliseconds),
            Self.lengths.contains(Self.number(probe["trackMilliseconds"]) ?? milliseconds)
        else { throw NotStored("its length is none that is sold") }
        guard let pictures = Self.number(probe["pictures"]), pictures > 0,
            pictures <= Self.maxPicturesPerSecond * (milliseconds / 1000 + 1)
        else { throw NotStored("it has no pictures, or too many for its length") }
        // A fragmented file does not say beforehand how many there are.
        guard pictures >= Self.number(probe["announcedPictures"]) ?? 1 else {
            throw NotStored("it is cut off: not all of its pictures are there")
        }
        self.width = width
        self.height = height
        self.milliseconds = milliseconds
    }

    private static func number(_ value: JSONValue?) -> Int? {
        value?.integer.flatMap { Int(exactly: $0) }
    }
}
