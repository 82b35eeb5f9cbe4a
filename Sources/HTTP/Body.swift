package import System

extension Request {
    /// The body as it came: a short one in memory, a long one in a file.
    package enum Body: Sendable {
        case bytes([UInt8])
        /// Gone with its last reference, unless it is moved to a place of its own.
        case file(TemporaryFile, sizeBytes: Int)
    }

    /// How long a body may be, told before a byte of it is read, and where it lies then.
    package struct BodyAllowance: Sendable, Equatable {
        /// A longer one is refused unread.
        package let bytes: Int
        /// A longer one goes to a file. At most this much of it lies in memory.
        package let memoryBytes: Int
        /// Where such files are made.
        package let folder: String

        /// A body that is read into memory, whatever its length.
        package static func memory(_ bytes: Int) -> BodyAllowance {
            BodyAllowance(bytes: bytes, memoryBytes: bytes, folder: "")
        }

        /// A body that goes to a file in `folder` when it is longer than a few fields.
        package static func file(
            _ bytes: Int, in folder: String, beyond memoryBytes: Int = 64 * 1024
        ) -> BodyAllowance {
            BodyAllowance(bytes: bytes, memoryBytes: memoryBytes, folder: folder)
        }
    }
}
