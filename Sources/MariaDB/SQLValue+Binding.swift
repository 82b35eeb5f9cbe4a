internal import CMariaDB

extension CivilTime {
    init(_ time: MYSQL_TIME) {
        self.init(
            year: Int(time.year), month: Int(time.month), day: Int(time.day),
            hour: Int(time.hour), minute: Int(time.minute), second: Int(time.second),
            microsecond: Int(time.second_part))
    }
}

extension MYSQL_TIME {
    init(_ time: CivilTime) {
        self.init()
        year = UInt32(time.year)
        month = UInt32(time.month)
        day = UInt32(time.day)
        hour = UInt32(time.hour)
        minute = UInt32(time.minute)
        second = UInt32(time.second)
        second_part = UInt(time.microsecond)
        time_type = MYSQL_TIMESTAMP_DATETIME
    }
}

extension SQLValue {
    /// The room that the value takes among the bound ones, in whole steps of 16 bytes so that
    /// each of them is aligned.
    var bindingSize: Int {
        let size =
            switch self {
            case .null: 0
            case .integer: MemoryLayout<Int64>.size
            case .text(let text): text.utf8.count
            case .bytes(let bytes): bytes.count
            case .date: MemoryLayout<MYSQL_TIME>.size
            }
        return (size + 15) & ~15
    }
}

extension MYSQL_BIND {
    /// Stores the value at `memory`, which has `bindingSize` bytes, and describes it.
    ///
    /// Nil when the value is a date that DATETIME cannot hold.
    init?(_ value: SQLValue, storedAt memory: UnsafeMutableRawPointer) {
        unsafe self.init()
        unsafe buffer = memory
        switch value {
        case .null:
            unsafe buffer_type = MYSQL_TYPE_NULL
        case .integer(let integer):
            unsafe buffer_type = MYSQL_TYPE_LONGLONG
            unsafe memory.storeBytes(of: integer, as: Int64.self)
        case .text(var text):
            unsafe buffer_type = MYSQL_TYPE_STRING
            unsafe buffer_length = UInt(text.utf8.count)
            text.withUTF8 { utf8 in
                unsafe memory.copyMemory(fromContentsOf: UnsafeRawBufferPointer(utf8))
            }
        case .bytes(let bytes):
            unsafe buffer_type = MYSQL_TYPE_BLOB
            unsafe buffer_length = UInt(bytes.count)
            unsafe bytes.withUnsafeBytes { unsafe memory.copyMemory(fromContentsOf: $0) }
        case .date(let date):
            guard let time = CivilTime(date) else { return nil }
            unsafe buffer_type = MYSQL_TYPE_DATETIME
            unsafe buffer_length = UInt(MemoryLayout<MYSQL_TIME>.size)
            unsafe memory.storeBytes(of: MYSQL_TIME(time), as: MYSQL_TIME.self)
        }
    }
}

extension UnsafeMutableRawPointer {
    fileprivate func copyMemory(fromContentsOf bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        unsafe copyMemory(from: start, byteCount: bytes.count)
    }
}
