import Coordination
import Ledger
import Logging
import NIOPosix
import RESP
import Redis
import ServiceLifecycle
import Support
import Testing

/// The parts of the ledger around one real Redis, all in this process.
struct LedgerFixture: Sendable {
    let server: RedisServer
    let node: RedisNode
    let clock: ServerClock
    let guardian: StoreGuard
    let commits: CommitPump
    let ledger: Ledger
    let queue: AddQueue
    let logs: CapturedLogs

    /// A Redis that keeps money: what the ledger asks for.
    static func server(_ arguments: [String] = []) throws -> RedisServer {
        var options = RedisServer.Options()
        options.appendOnly = true
        options.arguments = arguments
        return try RedisServer(options)
    }

    /// `url` is another way to the server, such as a proxy.
    static func with(
        server given: RedisServer? = nil,
        url: String? = nil,
        _ configuration: LedgerConfiguration = LedgerConfiguration(),
        commits: CommitPump.Configuration = CommitPump.Configuration(),
        _ body: @Sendable @escaping (LedgerFixture) async throws -> Void
    ) async throws {
        let server = try given ?? Self.server()
        defer { if given == nil { server.kill() } }
        let logs = CapturedLogs()
        let node = RedisNode(
            configuration: try RedisConfiguration(url: url ?? server.url),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: logs.logger()
        )
        let clock = ServerClock(redis: node, logger: logs.logger())
        let guardian = StoreGuard(redis: node, interval: .milliseconds(50), logger: logs.logger())
        let pump = CommitPump(node: node, configuration: commits)
        let wakes = ShardWakes(node: node, logger: logs.logger())
        let ledger = Ledger(
            redis: node,
            commits: pump,
            guardian: guardian,
            clock: clock,
            configuration: configuration
        )
        let fixture = LedgerFixture(
            server: server,
            node: node,
            clock: clock,
            guardian: guardian,
            commits: pump,
            ledger: ledger,
            queue: AddQueue(ledger, wakes: wakes),
            logs: logs
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            for service in [node, clock, guardian, pump, wakes] as [any Service] {
                group.addTask { try await service.run() }
            }
            group.addTask {
                try await eventually { node.isReady && clock.isKnown && guardian.verdict != .unknown }
                try await body(fixture)
                throw Finished()
            }
            do { while try await group.next() != nil {} } catch is Finished {}
            group.cancelAll()
        }
    }

    private struct Finished: Error {}

    func account(_ user: String) -> Account {
        guard let id = UserID(user) else { preconditionFailure("\(user) is no user") }
        return self.ledger.account(id)
    }

    /// An order of `cents` as a request with this key brings it.
    func order(
        _ account: Account,
        _ cents: Int64,
        key: String? = nil,
        reference: String? = nil,
        _ precondition: AddOrder.Precondition = .none
    ) -> AddOrder {
        var order = AddOrder(account, amount: Money(minorUnits: cents), reference: reference)
        order.precondition = precondition
        order.requestID = "request-\(key ?? "0")"
        order.claim = key.map {
            IdempotencyClaim(
                caller: "test",
                key: $0,
                method: "POST",
                path: "/users/\(account.user.text)/add",
                canonical: order.canonical
            )
        }
        return order
    }

    @discardableResult
    func add(
        _ user: String,
        _ cents: Int64,
        key: String? = nil,
        reference: String? = nil,
        _ precondition: AddOrder.Precondition = .none,
        _ durability: Durability = .local
    ) async throws(LedgerError) -> AddResult {
        try await self.ledger.add(
            self.order(self.account(user), cents, key: key, reference: reference, precondition),
            durability
        )
    }

    func balance(_ user: String) async throws -> Ledger.Balance {
        try await self.ledger.balance(self.account(user))
    }

    func entries(_ user: String) async throws -> [Entry] {
        try await self.ledger.entries(self.account(user), 1...Int64(Int32.max))
    }

    func lock(lease: Duration = .seconds(60)) -> FencedLock { FencedLock(redis: self.node, lease: lease) }

    func lockKeys(_ user: String) -> FencedLock.Keys { self.ledger.lockKeys(self.account(user)) }

    /// The whole of Redis as text, to see whether anything changed.
    func everything() async throws -> [String: String] {
        var all: [String: String] = [:]
        for key in try await self.node.send(RedisCommand("KEYS", "*"), within: nil).array ?? [] {
            let name = try #require(key.string)
            let dump = try await self.node.send(RedisCommand("DUMP", .key(name)), within: nil)
            all[name] = "\(dump)"
        }
        return all
    }
}

extension AddResult {
    /// The entry that was made, or was made before.
    var entry: Entry? {
        guard case .added(let entry) = self.outcome else { return nil }
        return entry
    }

    var refusal: Refusal? {
        guard case .refused(let refusal) = self.outcome else { return nil }
        return refusal
    }

    var operation: String? {
        switch self.outcome {
        case .queued(let operation), .accepted(let operation): operation
        default: nil
        }
    }
}
