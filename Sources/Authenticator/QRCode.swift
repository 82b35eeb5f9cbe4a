import CQREncode

/// A QR code (ISO/IEC 18004), level M: what a camera still reads with 15 % of it spoilt.
package struct QRCode: Sendable {
    /// Each row from the top: `1` is dark. Without the quiet edge, which is the drawer's.
    package let rows: [String]

    /// The smallest code of a text; nil for more than the largest holds, 2,331 bytes.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard let code = unsafe QRcode_encodeData(CInt(bytes.count), bytes, 0, QR_ECLEVEL_M) else {
            return nil
        }
        defer { unsafe QRcode_free(code) }
        let side = unsafe Int(code.pointee.width)
        let dots = unsafe UnsafeBufferPointer(start: code.pointee.data, count: side * side)
        rows = stride(from: 0, to: side * side, by: side).map { start in
            // The lowest bit says what is dark (libqrencode, "QRcode").
            unsafe String(
                decoding: dots[start..<(start + side)].map { UInt8(ascii: "0") + ($0 & 1) },
                as: UTF8.self)
        }
    }
}
