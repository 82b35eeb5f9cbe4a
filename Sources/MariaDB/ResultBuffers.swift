internal import CMariaDB

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
