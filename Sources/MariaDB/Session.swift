internal import CMariaDB
internal import Glibc

/// One session on the server (`MYSQL`) and the statements that are prepared on it.
///
/// Used by one thread. It is never reused after an unexpected error: ``Connection`` drops it and
/// opens another, and its statements go with it.
@safe
final class Session {
    /// How many statements are kept prepared: more than the busy ones of any thread. Each costs
    /// memory here and at the server, times the threads.
    static let largestStatementCount = 96

    private let handle: UnsafeMutablePointer<MYSQL>
    private var statements: [String: Statement] = [:]
    private var useCount = 0

    /// `mysql_library_init`, which is not thread-safe: Swift runs this once, before first use.
    private static let libraryStatus = mysql_server_init(0, nil, nil)

    /// Opens a session. Throws an error of kind `unavailable`.
    init(_ configuration: DatabaseConfiguration) throws(DatabaseError) {
        guard Self.libraryStatus == 0, mysql_thread_init() == 0,
            let handle = unsafe mysql_init(nil)
        else {
            throw DatabaseError(
                kind: .unavailable, code: Int(CR_OUT_OF_MEMORY),
                message: "the client library cannot be initialised", statement: "")
        }
        unsafe self.handle = handle
        do {
            try setOptions(configuration)
            try connect(configuration)
            try runText(Self.settings(configuration))
        } catch {
            throw DatabaseError(
                kind: .unavailable, code: error.code, sqlState: error.sqlState,
                message: error.message, statement: error.statement)
        }
    }

    deinit {
        // Closed first, so that the statements find no session to say good-bye to: on a broken
        // one that would only cost time.
        unsafe mysql_close(handle)
        statements.removeAll()
        mysql_thread_end()
    }

    // MARK: Opening

    private func setOptions(_ configuration: DatabaseConfiguration) throws(DatabaseError) {
        // A reconnect behind our back would continue half a transaction on a new session.
        try set(MYSQL_OPT_RECONNECT, my_bool(0))
        // A server could otherwise ask for any file that we can read.
        try set(MYSQL_OPT_LOCAL_INFILE, UInt32(0))
        try set(MYSQL_REPORT_DATA_TRUNCATION, my_bool(1))
        try set(MYSQL_OPT_CONNECT_TIMEOUT, UInt32(configuration.connectTimeoutSeconds))
        try set(MYSQL_OPT_READ_TIMEOUT, UInt32(configuration.readTimeoutSeconds))
        try set(MYSQL_OPT_WRITE_TIMEOUT, UInt32(configuration.writeTimeoutSeconds))
        let transport = configuration.socket == nil ? MYSQL_PROTOCOL_TCP : MYSQL_PROTOCOL_SOCKET
        try set(MYSQL_OPT_PROTOCOL, transport.rawValue)
        try check(unsafe mysql_options(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4") == 0)
    }

    private func set(
        _ option: mysql_option, _ value: some BitwiseCopyable
    ) throws(DatabaseError) {
        let status = unsafe withUnsafeBytes(of: value) { bytes in
            unsafe mysql_options(handle, option, bytes.baseAddress)
        }
        try check(status == 0)
    }

    private func connect(_ configuration: DatabaseConfiguration) throws(DatabaseError) {
        let connected = unsafe mysql_real_connect(
            handle, configuration.host, configuration.user, configuration.password,
            configuration.database, UInt32(configuration.port), configuration.socket,
            // Matched instead of changed rows: an UPDATE that finds its row but changes nothing
            // in it must not look like one that found none.
            UInt(CLIENT_FOUND_ROWS))
        try check(unsafe connected != nil)
    }

    /// What each session is set to, whatever the server's own configuration says.
    private static func settings(_ configuration: DatabaseConfiguration) -> String {
        """
        SET SESSION time_zone = '+00:00',
        sql_mode = 'STRICT_ALL_TABLES,STRICT_TRANS_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,\
        ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION',
        tx_isolation = 'READ-COMMITTED',
        autocommit = 1,
        innodb_snapshot_isolation = 1,
        innodb_lock_wait_timeout = \(configuration.lockWaitTimeoutSeconds),
        lock_wait_timeout = \(configuration.lockWaitTimeoutSeconds),
        idle_transaction_timeout = \(configuration.idleTransactionTimeoutSeconds)
        """
            + (configuration.statementTimeoutSeconds > 0
                ? ", max_statement_time = \(configuration.statementTimeoutSeconds)" : "")
    }

    // MARK: Running

    /// Runs a statement by the binary protocol, prepared at its first use.
    func run(_ sql: SQL) throws(DatabaseError) -> Statement.Outcome {
        let statement: Statement
        if let prepared = statements[sql.text] {
            statement = prepared
        } else {
            statement = try unsafe Statement(sql.text, on: handle)
            if statements.count >= Self.largestStatementCount { dropLeastRecentStatement() }
            statements[sql.text] = statement
        }
        useCount += 1
        statement.lastUse = useCount
        return try statement.run(sql.values)
    }

    /// Runs a statement without values by the text protocol: transaction control, session
    /// settings and migrations. Results are read and dropped.
    func runText(_ text: String) throws(DatabaseError) {
        var text = text
        let status = text.withUTF8 { utf8 in
            unsafe utf8.withMemoryRebound(to: CChar.self) { characters in
                unsafe mysql_real_query(handle, characters.baseAddress, UInt(characters.count))
            }
        }
        try check(status == 0, text)
        while true {
            let result = unsafe mysql_store_result(handle)
            unsafe mysql_free_result(result)
            try check(unsafe result != nil || mysql_field_count(handle) == 0, text)
            switch unsafe mysql_next_result(handle) {
            case 0: continue
            case -1: return
            default: throw unsafe DatabaseError(of: handle, statement: text)
            }
        }
    }

    private func dropLeastRecentStatement() {
        let oldest = statements.min { $0.value.lastUse < $1.value.lastUse }
        if let oldest { statements[oldest.key] = nil }
    }

    // MARK: State

    /// Whether the server says that a transaction is open.
    var isInTransaction: Bool {
        unsafe handle.pointee.server_status & UInt32(SERVER_STATUS_IN_TRANS) != 0
    }

    /// Whether the socket is open and silent, as it is between statements. A server that ended
    /// the session (restart, KILL, `wait_timeout`) has closed it, perhaps with a last message.
    var isQuiet: Bool {
        var socket = pollfd(
            fd: unsafe mysql_get_socket(handle), events: Int16(POLLIN), revents: 0)
        return unsafe poll(&socket, 1, 0) == 0
    }

    private func check(_ isFine: Bool, _ text: String = "") throws(DatabaseError) {
        guard isFine else { throw unsafe DatabaseError(of: handle, statement: text) }
    }
}
