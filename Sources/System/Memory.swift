import CLinux
import Glibc

/// The memory of this process.
package enum Memory {
    /// How many bytes are given out by malloc now, in all threads (mallinfo(3)).
    package static var heapBytes: Int {
        let info = mallinfo2()
        return Int(info.uordblks) + Int(info.hblkhd)
    }

    /// Gives back code that is not run, now and every ten seconds from now on, by a thread of its own.
    ///
    /// The thread inherits the caller's blocked signals.
    package static func keepReleasingCode() throws(SystemError) {
        releaseCode()
        _ = try WorkerThread.start(name: "memory") {
            while true {
                CurrentThread.sleep(for: .seconds(10))
                releaseCode()
            }
        }
    }

    /// Gives back the pages of programs and libraries that nothing writes to.
    ///
    /// A start runs through nearly all of the code once: relocations, initialisers, the lookup of
    /// conformances; then each kind of request runs through its own. Those pages stay resident
    /// though little of it runs again; what does is mapped anew at its next use, from the page
    /// cache, in less than a millisecond for all of it. Dropped are code and the head of each file
    /// with its symbols and relocations (madvise(2), MADV_DONTNEED): they are never written to, so
    /// the file has all that they hold. Other read-only parts may have been relocated and are left
    /// alone. Where the list cannot be read, nothing is done.
    private static func releaseCode() {
        guard let maps = unsafe fopen("/proc/self/maps", "re") else { return }
        defer { unsafe fclose(maps) }
        var line = [CChar](repeating: 0, count: 4200)
        while unsafe fgets(&line, Int32(line.count), maps) != nil {
            // 55d0c0a00000-55d0c1a00000 r-xp 00001000 fe:00 131 /usr/bin/rushes (proc(5))
            let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
            let parts = text.split(separator: " ", omittingEmptySubsequences: true)
            guard parts.count >= 6, parts[5].hasPrefix("/"),
                parts[1] == "r-xp" || parts[1] == "r--p" && parts[2] == "00000000"
            else { continue }
            let range = parts[0].split(separator: "-")
            guard range.count == 2, let start = UInt(range[0], radix: 16),
                let end = UInt(range[1], radix: 16)
            else { continue }
            _ = unsafe madvise(
                UnsafeMutableRawPointer(bitPattern: start), Int(end - start), MADV_DONTNEED)
        }
    }
}
