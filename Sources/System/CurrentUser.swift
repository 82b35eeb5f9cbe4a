import Glibc

/// Who has started this process, as the operating system knows it.
package enum CurrentUser {
    /// The name of the account; its number when it has no name. Behind `sudo`, who called it too:
    /// `ann as root`.
    ///
    /// - Parameter caller: what `SUDO_USER` says.
    package static func name(caller: String?) -> String {
        let id = getuid()
        let account = unsafe getpwuid(id)
        let name = unsafe account.map { unsafe String(cString: $0.pointee.pw_name) } ?? "\(id)"
        guard let caller, !caller.isEmpty, caller != name else { return name }
        return "\(caller) as \(name)"
    }
}
