internal import CMariaDB
internal import FoundationEssentials

/// A prepared statement of one session (`MYSQL_STMT`), and the buffers for its results.
///
/// Manual: <https://mariadb.com/kb/en/mariadb-connectorc-prepared-statement-functions/>.
@safe
final class Statement {
    /// What one execution did.
    struct Outcome {
        /// Rows that were matched (not only those that changed) or inserted.
        var matchedRows = 0
        /// The first result set, or one without columns when there was none.
        var columns = Columns(names: [], statement: "")
        var values: [SQLValue] = []

        var rowCount: Int { columns.names.isEmpty ? 0 : values.count / columns.names.count }

        func row(_ index: Int) -> Row {
            Row(columns: columns, values: values, start: index * columns.names.count)
        }
    }

    /// The count of executions of the session at the last use, to find the least recent one.
    var lastUse = 0

    private let text: String
    private let session: UnsafeMutablePointer<MYSQL>
    private let handle: UnsafeMutablePointer<MYSQL_STMT>
    private let parameterCount: Int
    private var result: ResultBuffers?

    /// Prepares `text` on the session, which must outlive this statement.
    init(_ text: String, on session: UnsafeMutablePointer<MYSQL>) throws(DatabaseError) {
        guard let handle = unsafe mysql_stmt_init(session) else {
            throw unsafe DatabaseError(of: session, statement: text)
        }
        var text = text
        let status = text.withUTF8 { utf8 in
            unsafe utf8.withMemoryRebound(to: CChar.self) { characters in
                unsafe mysql_stmt_prepare(
                    handle, characters.baseAddress, UInt(characters.count))
            }
        }
        guard status == 0 else {
            let error = unsafe DatabaseError(of: handle, on: session, statement: text)
            unsafe mysql_stmt_close(handle)
            throw error
        }
        self.text = text
        unsafe self.session = session
        unsafe self.handle = handle
        parameterCount = unsafe Int(mysql_stmt_param_count(handle))
    }

    deinit {
        unsafe mysql_stmt_close(handle)
    }

    /// Runs the statement and copies what it returns. `CALL` may give several results: the first
    /// one is returned and the others are read and dropped, or the next statement would be out
    /// of sync.
    func run(_ values: [SQLValue]) throws(DatabaseError) -> Outcome {
        try execute(values)
        var outcome = Outcome()
        var hasResult = false
        while true {
            if unsafe mysql_stmt_field_count(handle) > 0 {
                try check(unsafe mysql_stmt_store_result(handle) == 0)
                if !hasResult {
                    hasResult = true
                    let buffers = try prepareBuffers()
                    outcome.columns = buffers.columns
                    outcome.values = try fetchAll(buffers)
                }
                try check(unsafe mysql_stmt_free_result(handle) == 0)
            } else {
                outcome.matchedRows = try unsafe matchedRows(mysql_stmt_affected_rows(handle))
            }
            switch unsafe mysql_stmt_next_result(handle) {
            case 0: continue
            case -1: return outcome
            default: throw failure()
            }
        }
    }

    // MARK: Parameters

    private func execute(_ values: [SQLValue]) throws(DatabaseError) {
        guard values.count == parameterCount else {
            throw refusal("\(values.count) values for \(parameterCount) question marks")
        }
        // All values lie in one block that lives until they are sent.
        let size = values.reduce(0) { $0 + $1.bindingSize }
        let block = UnsafeMutableRawPointer.allocate(byteCount: max(size, 1), alignment: 16)
        defer { unsafe block.deallocate() }
        if parameterCount > 0 {
            let binds = UnsafeMutablePointer<MYSQL_BIND>.allocate(capacity: parameterCount)
            defer { unsafe binds.deallocate() }
            var free = unsafe block
            for (index, value) in values.enumerated() {
                guard let bind = unsafe MYSQL_BIND(value, storedAt: free) else {
                    throw refusal("value \(index + 1) is a date outside of the years 1 to 9999")
                }
                unsafe (binds + index).initialize(to: bind)
                unsafe free += value.bindingSize
            }
            // Copies the binds, not the values.
            try check(unsafe mysql_stmt_bind_param(handle, binds) == 0)
        }
        try check(unsafe mysql_stmt_execute(handle) == 0)
    }

    // MARK: Results

    /// The buffers for the result at hand: those of the last execution, unless the column types
    /// have changed since (`ALTER TABLE`, or a parameter of another type).
    private func prepareBuffers() throws(DatabaseError) -> ResultBuffers {
        let count = unsafe Int(mysql_stmt_field_count(handle))
        guard let fields = unsafe mariadb_stmt_fetch_fields(handle) else { throw failure() }
        let described = unsafe UnsafeBufferPointer(start: fields, count: count)
        let buffers: ResultBuffers
        if let result, unsafe result.fit(described) {
            buffers = result
        } else {
            buffers = unsafe ResultBuffers(described, statement: text)
            result = buffers
        }
        try check(unsafe mysql_stmt_bind_result(handle, buffers.binds) == 0)
        return buffers
    }

    private func fetchAll(_ buffers: ResultBuffers) throws(DatabaseError) -> [SQLValue] {
        var values: [SQLValue] = []
        values.reserveCapacity(unsafe Int(mysql_stmt_num_rows(handle)) * buffers.shapes.count)
        while true {
            switch unsafe mysql_stmt_fetch(handle) {
            // Truncation is looked at column by column: a long text is fetched again, whole.
            case 0, MYSQL_DATA_TRUNCATED:
                for index in buffers.shapes.indices {
                    values.append(try value(buffers, index))
                }
            case MYSQL_NO_DATA: return values
            default: throw failure()
            }
        }
    }

    private func value(_ buffers: ResultBuffers, _ index: Int) throws(DatabaseError) -> SQLValue {
        guard unsafe buffers.isNull[index] == 0 else { return .null }
        switch buffers.shapes[index].form {
        case .integer(let isUnsigned):
            let integer = unsafe buffers.integers[index]
            guard unsafe buffers.isTruncated[index] == 0, !isUnsigned || integer >= 0 else {
                throw refusal("column \(buffers.columns.names[index]) is beyond 64 signed bits")
            }
            return .integer(integer)
        case .date:
            guard unsafe buffers.isTruncated[index] == 0,
                let date = unsafe CivilTime(buffers.times[index]).date
            else {
                throw refusal("column \(buffers.columns.names[index]) holds no instant")
            }
            return .date(date)
        case .text:
            return .text(
                try unsafe bytes(buffers, index) { length, fill in
                    unsafe String(unsafeUninitializedCapacity: length) { unsafe fill($0) }
                } short: {
                    unsafe String(decoding: $0, as: UTF8.self)
                })
        case .bytes:
            return .bytes(
                try unsafe bytes(buffers, index) { length, fill in
                    unsafe [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
                        count = unsafe fill(buffer)
                    }
                } short: {
                    unsafe [UInt8]($0)
                })
        }
    }

    /// Makes a value of the column's bytes: from the buffer when they fit in it (`short`), else
    /// by fetching the column again straight into the new value's own memory (`long`).
    private func bytes<T>(
        _ buffers: ResultBuffers, _ index: Int,
        long: (Int, (UnsafeMutableBufferPointer<UInt8>) -> Int) -> T,
        short: (UnsafeBufferPointer<UInt8>) -> T
    ) throws(DatabaseError) -> T {
        let length = unsafe Int(buffers.lengths[index])
        if let buffer = unsafe buffers.text(index, length: length) {
            return unsafe short(buffer)
        }
        var status: Int32 = 0
        let value = unsafe long(length) { memory in
            var bind = unsafe MYSQL_BIND()
            var fetched: UInt = 0
            var isTruncated: my_bool = 0
            unsafe withUnsafeMutablePointer(to: &fetched) { fetchedPointer in
                unsafe withUnsafeMutablePointer(to: &isTruncated) { isTruncatedPointer in
                    unsafe bind.buffer_type = unsafe buffers.binds[index].buffer_type
                    unsafe bind.buffer = UnsafeMutableRawPointer(memory.baseAddress)
                    unsafe bind.buffer_length = UInt(length)
                    unsafe bind.length = fetchedPointer
                    unsafe bind.error = isTruncatedPointer
                    status = unsafe mysql_stmt_fetch_column(handle, &bind, UInt32(index), 0)
                }
            }
            if isTruncated != 0 || fetched != UInt(length) { status = MYSQL_DATA_TRUNCATED }
            return length
        }
        guard status != MYSQL_DATA_TRUNCATED else {
            throw refusal("column \(buffers.columns.names[index]) was truncated")
        }
        try check(status == 0)
        return value
    }

    // MARK: Errors

    private func check(_ isFine: Bool) throws(DatabaseError) {
        guard isFine else { throw failure() }
    }

    private func failure() -> DatabaseError {
        unsafe DatabaseError(of: handle, on: session, statement: text)
    }

    private func refusal(_ message: String) -> DatabaseError {
        DatabaseError(kind: .other, message: message, statement: text)
    }

    /// The library's count, where all bits set means an error.
    private func matchedRows(_ count: UInt64) throws(DatabaseError) -> Int {
        guard let count = Int(exactly: count) else { throw failure() }
        return count
    }
}

/// The memory that a result's rows are fetched into, one row at a time.
@safe
final class ResultBuffers {
    enum Form: Equatable {
        case integer(isUnsigned: Bool)
        case date
        case text
        case bytes
    }

    /// What of a column's description decides how it is fetched.
    struct Shape: Equatable {
        let form: Form
        /// The room for a text. Longer ones are fetched a second time.
        let capacity: Int
    }

    let columns: Columns
    let shapes: [Shape]
    let binds: UnsafeMutablePointer<MYSQL_BIND>
    let lengths: UnsafeMutablePointer<UInt>
    let isNull: UnsafeMutablePointer<my_bool>
    let isTruncated: UnsafeMutablePointer<my_bool>
    let integers: UnsafeMutablePointer<Int64>
    let times: UnsafeMutablePointer<MYSQL_TIME>
    private let texts: UnsafeMutablePointer<UInt8>
    private let textStarts: [Int]

    init(_ fields: UnsafeBufferPointer<MYSQL_FIELD>, statement: String) {
        let count = fields.count
        shapes = unsafe fields.map { unsafe Shape($0) }
        columns = Columns(
            names: unsafe fields.map { field in
                unsafe String(
                    decoding: UnsafeRawBufferPointer(
                        start: field.name, count: Int(field.name_length)),
                    as: UTF8.self)
            }, statement: statement)
        var starts: [Int] = []
        var size = 0
        for shape in shapes {
            starts.append(size)
            size += shape.capacity
        }
        textStarts = starts
        unsafe lengths = .allocate(capacity: count)
        unsafe isNull = .allocate(capacity: count)
        unsafe isTruncated = .allocate(capacity: count)
        unsafe integers = .allocate(capacity: count)
        unsafe times = .allocate(capacity: count)
        unsafe texts = .allocate(capacity: size)
        unsafe binds = .allocate(capacity: count)
        unsafe lengths.initialize(repeating: 0, count: count)
        unsafe isNull.initialize(repeating: 0, count: count)
        unsafe isTruncated.initialize(repeating: 0, count: count)
        unsafe integers.initialize(repeating: 0, count: count)
        unsafe times.initialize(repeating: MYSQL_TIME(), count: count)
        unsafe texts.initialize(repeating: 0, count: size)
        for (index, shape) in shapes.enumerated() {
            var bind = unsafe MYSQL_BIND()
            unsafe bind.length = lengths + index
            unsafe bind.is_null = isNull + index
            unsafe bind.error = isTruncated + index
            switch shape.form {
            case .integer(let isUnsigned):
                unsafe bind.buffer_type = MYSQL_TYPE_LONGLONG
                unsafe bind.is_unsigned = isUnsigned ? 1 : 0
                unsafe bind.buffer = UnsafeMutableRawPointer(integers + index)
                unsafe bind.buffer_length = UInt(MemoryLayout<Int64>.size)
            case .date:
                unsafe bind.buffer_type = MYSQL_TYPE_DATETIME
                unsafe bind.buffer = UnsafeMutableRawPointer(times + index)
                unsafe bind.buffer_length = UInt(MemoryLayout<MYSQL_TIME>.size)
            case .text, .bytes:
                unsafe bind.buffer_type =
                    shape.form == .text ? MYSQL_TYPE_STRING : MYSQL_TYPE_BLOB
                unsafe bind.buffer = UnsafeMutableRawPointer(texts + starts[index])
                unsafe bind.buffer_length = UInt(shape.capacity)
            }
            unsafe (binds + index).initialize(to: bind)
        }
    }

    deinit {
        unsafe binds.deallocate()
        unsafe texts.deallocate()
        unsafe times.deallocate()
        unsafe integers.deallocate()
        unsafe isTruncated.deallocate()
        unsafe isNull.deallocate()
        unsafe lengths.deallocate()
    }

    /// Whether a result that is described so can be fetched into these buffers.
    func fit(_ fields: UnsafeBufferPointer<MYSQL_FIELD>) -> Bool {
        guard fields.count == shapes.count else { return false }
        for index in shapes.indices where unsafe Shape(fields[index]) != shapes[index] {
            return false
        }
        return true
    }

    /// The bytes of the column in the current row, or nil when there was no room for all.
    func text(_ index: Int, length: Int) -> UnsafeBufferPointer<UInt8>? {
        guard length <= shapes[index].capacity else { return nil }
        return unsafe UnsafeBufferPointer(start: texts + textStarts[index], count: length)
    }
}

extension ResultBuffers.Shape {
    /// No more than this is kept for each column of each cached statement.
    private static let largestCapacity = 512
    /// The number of the "character set" of columns without one.
    private static let binaryCharset: UInt32 = 63

    init(_ field: MYSQL_FIELD) {
        let form: ResultBuffers.Form
        switch unsafe field.type {
        case MYSQL_TYPE_TINY, MYSQL_TYPE_SHORT, MYSQL_TYPE_INT24, MYSQL_TYPE_LONG,
            MYSQL_TYPE_LONGLONG, MYSQL_TYPE_YEAR:
            form = unsafe .integer(isUnsigned: field.flags & UInt32(UNSIGNED_FLAG) != 0)
        case MYSQL_TYPE_DATETIME, MYSQL_TYPE_TIMESTAMP:
            form = .date
        case MYSQL_TYPE_BIT, MYSQL_TYPE_GEOMETRY:
            form = .bytes
        case MYSQL_TYPE_VAR_STRING, MYSQL_TYPE_STRING, MYSQL_TYPE_VARCHAR, MYSQL_TYPE_BLOB,
            MYSQL_TYPE_TINY_BLOB, MYSQL_TYPE_MEDIUM_BLOB, MYSQL_TYPE_LONG_BLOB:
            form = unsafe field.charsetnr == Self.binaryCharset ? .bytes : .text
        default:
            // DECIMAL, DATE, TIME, DOUBLE, …: as the library prints them.
            form = .text
        }
        switch form {
        case .integer, .date: self.init(form: form, capacity: 0)
        // A number or a DATE may be printed longer than its column is described.
        case .text, .bytes:
            let described = unsafe Int(field.length)
            self.init(form: form, capacity: min(max(described, 64), Self.largestCapacity))
        }
    }
}

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
    fileprivate var bindingSize: Int {
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
    fileprivate init?(_ value: SQLValue, storedAt memory: UnsafeMutableRawPointer) {
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

extension DatabaseError {
    /// The last error of the session.
    init(of session: UnsafeMutablePointer<MYSQL>, statement: String) {
        unsafe self.init(
            code: Int(mysql_errno(session)), sqlState: String(cString: mysql_sqlstate(session)),
            message: String(cString: mysql_error(session)), statement: statement)
    }

    /// The last error of the statement, or of its session where the library notes it only there.
    fileprivate init(
        of statement: UnsafeMutablePointer<MYSQL_STMT>, on session: UnsafeMutablePointer<MYSQL>,
        statement text: String
    ) {
        guard unsafe mysql_stmt_errno(statement) != 0 else {
            unsafe self.init(of: session, statement: text)
            return
        }
        unsafe self.init(
            code: Int(mysql_stmt_errno(statement)),
            sqlState: String(cString: mysql_stmt_sqlstate(statement)),
            message: String(cString: mysql_stmt_error(statement)), statement: text)
    }
}
