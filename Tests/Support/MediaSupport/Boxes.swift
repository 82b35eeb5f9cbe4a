/// A box of a movie file; with `size` its head says another one.
package func box(_ type: String, _ body: [UInt8] = [], size: UInt32? = nil) -> [UInt8] {
    bigEndian(size ?? UInt32(8 + body.count)) + Array(type.utf8) + body
}

/// A box whose size stands in 64 bits.
package func largeBox(_ type: String, _ body: [UInt8] = [], size: UInt64? = nil) -> [UInt8] {
    bigEndian(UInt32(1)) + Array(type.utf8) + bigEndian(size ?? UInt64(16 + body.count)) + body
}

private func bigEndian(_ number: some FixedWidthInteger) -> [UInt8] {
    (0..<number.bitWidth / 8).reversed().map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
}
