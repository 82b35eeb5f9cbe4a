package import FoundationEssentials
package import HTTP
import HTTPTypes
import Synchronization

/// Pollo in memory, for tests: the other end of a client's `send`, without a socket or a folder.
///
/// Its tasks are `task-1`, `task-2` and so on, in their order. Nothing is rendered and no callback
/// is sent: a test says how a task stands, also in an order that Pollo's never would.
package final class PolloAccount: Sendable {
    /// How a task stands.
    package enum Standing: Equatable, Sendable {
        case waiting
        case processing
        /// With a link that is its file's own, unless another one is said.
        case succeeded(link: String? = nil)
        /// With the vendor's words about it.
        case failed(String)
    }

    private struct Books: Sendable {
        var pollo = PolloState()
        /// How each task stands that is made from now on.
        var standing = Standing.processing
    }

    package let wire = Wire()
    private let books: Mutex<Books>
    private let site: PolloSite
    private let clock: @Sendable () -> Date

    package init(apiKey: String, clock: @escaping @Sendable () -> Date) {
        var books = Books()
        books.pollo.sendsCallbacks = false
        self.books = Mutex(books)
        site = PolloSite(key: apiKey, publicURL: "https://files.example", envelope: .wrapped)
        self.clock = clock
    }

    // MARK: Calls

    package func send(_ request: OutboundRequest) throws(TransportError) -> InboundResponse {
        try wire.carry(request, to: answer)
    }

    private func answer(_ request: OutboundRequest) throws(TransportError) -> InboundResponse {
        let path = request.target.path.split(separator: "/").map(String.init)
        // Whoever carries a client's requests adds what the client is.
        let call = PolloCall(
            method: request.method, path: Array(path.dropFirst(2)), body: request.body ?? [],
            key: request.field("x-api-key"), isNamed: true)
        let response =
            path.starts(with: ["api", "platform"])
            ? run(call) : PolloRefusal.notFound.response
        guard !response.isHangUp else {
            throw TransportError(.unknown, "the connection was closed")
        }
        var fields = response.fields
        if let type = response.contentType { fields[.contentType] = "\(type)" }
        return InboundResponse(status: response.status, fields: fields, body: response.body)
    }

    private func run(_ call: PolloCall) -> Response {
        let now = clock()
        return books.withLock { books in
            guard call.method == .post else { return call.answer(&books.pollo, site, at: now) }
            let task = "task-\(books.pollo.orders.count + 1)"
            books.pollo.nextID = task
            let response = call.answer(&books.pollo, site, at: now)
            if books.pollo.orders[task] != nil {
                books.pollo.put(task, books.standing, site, at: now)
            }
            return response
        }
    }

    // MARK: Tasks

    /// Every task stands so: those that there are, and those that are made from now on.
    package func putAll(_ standing: Standing) {
        let now = clock()
        books.withLock { books in
            books.standing = standing
            for task in books.pollo.orders.keys {
                books.pollo.put(task, standing, site, at: now)
            }
        }
    }

    /// A task stands so from now on.
    package func put(_ task: String, _ standing: Standing) {
        let now = clock()
        books.withLock { $0.pollo.put(task, standing, site, at: now) }
    }

    /// Knows a task that somebody made and paid for otherwise.
    package func adopt(_ task: String) {
        let now = clock()
        books.withLock { books in
            books.pollo.orders[task] = PolloOrder(
                id: task, generationID: Identifier.pollo(), model: PolloModel.all[0].path,
                input: .placeholder, webhookURL: nil, creditHundredths: 0, createdAt: now,
                dueAt: now, updatedAt: now, callbacks: 0)
            books.pollo.put(task, books.standing, site, at: now)
        }
    }

    /// Says what a task cost, in hundredths of a credit. The balance is what it was.
    package func charge(_ task: String, hundredths: Int) {
        books.withLock { $0.pollo.orders[task]?.creditHundredths = hundredths }
    }

    /// The next create call is answered with the id of a task that there is.
    package func repeatNext(_ task: String) {
        books.withLock { books in
            books.pollo.repeats = 1
            books.pollo.repeatedID = task
        }
    }

    // MARK: The account

    /// The credits left, in hundredths.
    package var balanceHundredths: Int {
        get { books.withLock { $0.pollo.balanceHundredths } }
        set { books.withLock { $0.pollo.balanceHundredths = newValue } }
    }

    /// How many tasks may be open at once.
    package var parallelLimit: Int {
        get { books.withLock { $0.pollo.parallelLimit } }
        set { books.withLock { $0.pollo.parallelLimit = newValue } }
    }

    /// The paths of the models that are not enabled: `kling-ai/kling-v1-6`.
    package var disabledModels: Set<String> {
        get { books.withLock { $0.pollo.disabledModels } }
        set { books.withLock { $0.pollo.disabledModels = newValue } }
    }
}

extension PolloState {
    fileprivate mutating func put(
        _ task: String, _ standing: PolloAccount.Standing, _ site: PolloSite, at now: Date
    ) {
        precondition(orders[task] != nil, "no task \(task)")
        let status: PolloOrder.Status
        orders[task]?.failMessage = nil
        orders[task]?.toldLink = nil
        switch standing {
        case .waiting: status = .waiting
        case .processing: status = .processing
        case .succeeded(let link):
            orders[task]?.toldLink = link
            status = .succeed
        case .failed(let words):
            orders[task]?.failMessage = words
            status = .failed
        }
        var hooks = HookQueue()
        finish(task, as: status, at: now, site, &hooks)
    }
}

extension Wire.Mishap {
    /// It is refused by Pollo, in the vendor's own form.
    package static func refused(_ refusal: PolloRefusal) -> Self {
        page(refusal.response)
    }

    /// It gets no further than to the vendor's front, which shows a page.
    package static func challenge(status: Int, isDone: Bool = false) -> Self {
        page(.challenge(status: .init(code: status)), isDone: isDone)
    }

    private static func page(_ response: Response, isDone: Bool = false) -> Self {
        .answer(
            status: response.status.code, body: String(decoding: response.body, as: UTF8.self),
            type: response.contentType.map { "\($0)" }, isDone: isDone)
    }
}
