package import Domain
package import FoundationEssentials
package import MariaDB

/// A process of `work`.
package struct WorkerProcess: Sendable {
    package let id: ID<WorkerProcess>
    /// The machine that it runs on.
    package let host: String
    /// Its number there.
    package let number: Int

    package init(id: ID<WorkerProcess> = .new(), host: String, number: Int) {
        self.id = id
        self.host = host
        self.number = number
    }
}

/// What a process of `work` said last.
package struct WorkerRecord: Sendable {
    package let process: WorkerProcess
    package let version: String
    package let startedAt: Date
    package let seenAt: Date
    /// Whether it should have said something since.
    package let isSilent: Bool
    /// Of the folder of the videos; nil where that cannot be read.
    package let freeBytes: Int?
    package let sizeBytes: Int?

    /// How often one says that it lives.
    package static let interval = Duration.seconds(15)
}

extension Connection {
    /// Says that a worker lives.
    package func noteWorker(
        _ process: WorkerProcess, room: (freeBytes: Int, sizeBytes: Int)?
    ) throws {
        try execute(
            """
            INSERT INTO workers
                (id, host, process, version, started_at, seen_at, free_bytes, size_bytes)
            VALUES (\(process.id), \(process.host.cut(to: 255)), \(process.number),
                \(programVersion), UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), \(room?.freeBytes),
                \(room?.sizeBytes))
            ON DUPLICATE KEY UPDATE seen_at = VALUES(seen_at), free_bytes = VALUES(free_bytes),
                size_bytes = VALUES(size_bytes)
            """)
    }

    /// Takes away what a worker said, which ends.
    package func forgetWorker(_ id: ID<WorkerProcess>) throws {
        try execute("DELETE FROM workers WHERE id = \(id)")
    }

    /// Those that live, and those that went silent within a day; at most a hundred.
    package func workers() throws -> [WorkerRecord] {
        try query(
            """
            SELECT id, host, process, version, started_at, seen_at, free_bytes, size_bytes,
                seen_at < UTC_TIMESTAMP(6)
                    - INTERVAL \((WorkerRecord.interval * 4).microseconds) MICROSECOND AS is_silent
            FROM workers
            WHERE seen_at > UTC_TIMESTAMP(6) - INTERVAL 1 DAY
            ORDER BY started_at DESC, id
            LIMIT 100
            """
        ) { row in
            try WorkerRecord(
                process: WorkerProcess(id: row("id"), host: row("host"), number: row("process")),
                version: row("version"), startedAt: row("started_at"), seenAt: row("seen_at"),
                isSilent: row("is_silent"), freeBytes: row("free_bytes"),
                sizeBytes: row("size_bytes"))
        }
    }

    /// Forgets those that went silent a day ago. Returns how many.
    package func purgeWorkers() throws -> Int {
        try execute(
            """
            DELETE FROM workers WHERE seen_at < UTC_TIMESTAMP(6) - INTERVAL 1 DAY LIMIT 1000
            """)
    }
}
