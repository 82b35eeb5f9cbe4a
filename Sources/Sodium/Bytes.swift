import CSodium

/// Whether two byte strings are the same, in a time that depends on their lengths alone.
package func constantTimeEquals(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    return unsafe sodium_memcmp(left, right, left.count) == 0
}

/// Bytes that nobody can guess, from the kernel (`getrandom`).
package func randomBytes(_ count: Int) -> [UInt8] {
    initializeLibrary()
    var bytes = [UInt8](repeating: 0, count: count)
    unsafe randombytes_buf(&bytes, count)
    return bytes
}

/// Ends the process when a function that documents no failure reports one.
func check(_ code: CInt) {
    precondition(code == 0, "libsodium refused an operation that cannot fail")
}
