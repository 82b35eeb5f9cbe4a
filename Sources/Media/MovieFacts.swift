import JSON

/// What ffprobe found in a file, judged before a picture of it is decoded for anybody.
struct MovieFacts: Equatable {
    let width: Int
    let height: Int
    let milliseconds: Int

    /// What browsers play, by the names of ffmpeg's decoders. Nothing else is decoded, however the
    /// file calls it.
    static let codecs = ["h264", "hevc", "av1", "libdav1d", "vp9"]
    /// Of the sound beside them: ffprobe gives a file up that has a track it may not open.
    static let sounds = ["aac", "mp3float", "opus", "libopus"]
    /// Beyond the best resolution sold, in either direction.
    static let sides = 16...4096
    static let maxPixels = 4096 * 2304
    /// Around what is sold: a vendor's length is never exact.
    static let lengths = 100...600_000
    static let maxPicturesPerSecond = 240

    /// Reads ffprobe's JSON about the first moving pictures, its packets counted.
    ///
    /// Throws ``NotStored`` when it is no video for a browser, when a number is out of range (an
    /// `mvhd` may say that it lasts 0xFFFFFFFF), or when not all announced pictures are there: a
    /// file can be cut off although all that was announced came.
    init(probe: JSONValue) throws(NotStored) {
        guard let stream = probe["streams"]?.array?.first, let format = probe["format"] else {
            throw NotStored("there are no moving pictures in it")
        }
        guard let codec = stream["codec_name"]?.string, Self.codecs.contains(codec) else {
            throw NotStored("its pictures are not of a kind that browsers play")
        }
        guard let width = stream["width"]?.integer.flatMap({ Int(exactly: $0) }),
            let height = stream["height"]?.integer.flatMap({ Int(exactly: $0) }),
            Self.sides.contains(width), Self.sides.contains(height),
            width * height <= Self.maxPixels
        else { throw NotStored("its pictures have no size that is sold") }
        guard let milliseconds = Self.milliseconds(format["duration"]) else {
            throw NotStored("its length is none that is sold")
        }
        // A piece of the file may leave its own length out, but not give another range.
        if stream["duration"] != nil, Self.milliseconds(stream["duration"]) == nil {
            throw NotStored("its length is none that is sold")
        }
        guard let pictures = Self.count(stream["nb_read_packets"]), pictures > 0,
            pictures <= Self.maxPicturesPerSecond * (milliseconds / 1000 + 1)
        else { throw NotStored("it has no pictures, or too many for its length") }
        // A fragmented file does not say beforehand how many there are.
        guard pictures >= Self.count(stream["nb_frames"]) ?? 1 else {
            throw NotStored("it is cut off: not all of its pictures are there")
        }
        self.width = width
        self.height = height
        self.milliseconds = milliseconds
    }

    /// A length that ffprobe writes as a decimal number of seconds.
    private static func milliseconds(_ value: JSONValue?) -> Int? {
        guard let seconds = value?.string.flatMap(Double.init),
            let milliseconds = Int(exactly: (seconds * 1000).rounded(.down))
        else { return nil }
        return Self.lengths.contains(milliseconds) ? milliseconds : nil
    }

    private static func count(_ value: JSONValue?) -> Int? { value?.string.flatMap { Int($0) } }
}
