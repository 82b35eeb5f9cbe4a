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
