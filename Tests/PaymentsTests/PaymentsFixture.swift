import Coordination
import Ledger
import Logging
import NIOPosix
import Outbound
import Payments
import RESP
import Redis
import ServiceLifecycle
import Support
import Testing

/// The parts of payments around one real Redis, all in this process.
struct PaymentsFixture: Sendable {
    let server: RedisServer
    let node: RedisNode
    let ledger: Ledger
    let payments: Payments
    let failpoints: Failpoints
    let worker: PaymentWorker
    let sweeper: PaymentSweeper
    let watch: PaymentWatch
    let logs: CapturedLogs

    struct Options: Sendable {
        var steps = PaymentsConfiguration.Steps.whole
        var lease = Duration.seconds(5)
        var deliveryLimit = 20
        var queueLimit = 10_000
        var accountLimit = 5000
        var workers = 0
        var failpoints: [String] = []
        var url: String?

        init() {}

        var configuration: PaymentsConfiguration {
            get throws {
                var configuration = PaymentsConfiguration(policy: try EndpointPolicy(allowing: []))
                configuration.steps = self.steps
                configuration.lease = self.lease
                configuration.deliveryLimit = self.deliveryLimit
                configuration.firstBackoff = .microseconds(50)
                configuration.queueLimit = self.queueLimit
                configuration.accountLimit = self.accountLimit
                return configuration
            }
        }
    }

    static func with(
        _ options: Options = Options(),
        server given: RedisServer? = nil,
        _ body: @Sendable @escaping (PaymentsFixture) async throws -> Void
    ) async throws {
        let server = try given ?? Self.server()
        defer { if given == nil { server.kill() } }
        let logs = CapturedLogs()
        let node = RedisNode(
            configuration: try RedisConfiguration(url: options.url ?? server.url),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: logs.logger()
        )
        let clock = ServerClock(redis: node, logger: logs.logger())
        let guardian = StoreGuard(redis: node, interval: .milliseconds(50), logger: logs.logger())
        let pump = CommitPump(node: node, configuration: CommitPump.Configuration())
        let books = LedgerConfiguration()
        let ledger = Ledger(redis: node, commits: pump, guardian: guardian, clock: clock, configuration: books)
        let failpoints = Failpoints(options.failpoints.compactMap { Failpoints.Rule($0) })
        let payments = Payments(
            ledger: ledger,
            redis: node,
            commits: pump,
            clock: clock,
            configuration: try options.configuration,
            failpoints: failpoints
        )
        let fixture = PaymentsFixture(
            server: server,
            node: node,
            ledger: ledger,
            payments: payments,
            failpoints: failpoints,
            worker: PaymentWorker(payments, logger: logs.logger()),
            sweeper: PaymentSweeper(payments, interval: .milliseconds(50), logger: logs.logger()),
            watch: PaymentWatch(node: node, limit: 100, share: 100, logger: logs.logger()),
            logs: logs
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            for service in [node, clock, guardian, pump] as [any Service] {
                group.addTask { try await service.run() }
            }
            for number in 0..<options.workers {
                let queue = fixture.queue("worker-\(number)", lease: options.lease)
                group.addTask { try await queue.run() }
            }
            if options.workers > 0 { group.addTask { try await fixture.sweeper.run() } }
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

    /// A Redis that keeps money.
    static func server() throws -> RedisServer {
        var options = RedisServer.Options()
        options.appendOnly = true
        return try RedisServer(options)
    }

    func queue(_ consumer: String, lease: Duration) -> WorkQueue {
        var configuration = WorkQueue.Configuration()
        configuration.block = .milliseconds(100)
        configuration.reclaimAfter = lease
        configuration.reclaimInterval = min(.milliseconds(100), lease / 2)
        let worker = self.worker
        return WorkQueue(
            node: self.node,
            streams: PaymentWorker.streams,
            consumer: consumer,
            configuration: configuration,
            logger: self.logs.logger()
        ) { messages in await worker.handle(messages) }
    }

    // MARK: Making payments

    func account(_ user: String) -> Account {
        guard let id = UserID(user) else { preconditionFailure("\(user) is no user") }
        return self.ledger.account(id)
    }

    func order(_ from: String, _ to: String, _ cents: Int64, key: String? = nil) -> PaymentOrder {
        var order = PaymentOrder(
            from: self.account(from),
            to: self.account(to),
            amount: Money(minorUnits: cents)
        )
        order.requestID = "request-\(key ?? "0")"
        order.claim = key.map {
            IdempotencyClaim(
                caller: "test",
                key: $0,
                method: "POST",
                path: "/payments",
                canonical: "\(from) \(to) \(cents)"
            )
        }
        return order
    }

    /// Makes a payment that must be accepted.
    @discardableResult
    func pay(_ from: String, _ to: String, _ cents: Int64, key: String? = nil) async throws -> PaymentID {
        let result = try await self.payments.accept(self.order(from, to, cents, key: key), .local)
        return try #require(result.payment)
    }

    func fund(_ user: String, _ cents: Int64) async throws {
        _ = try await self.ledger.add(
            AddOrder(self.account(user), amount: Money(minorUnits: cents), reference: nil),
            .local
        )
    }

    func balance(_ user: String) async throws -> Int64 {
        try await self.ledger.balance(self.account(user)).amount.minorUnits
    }

    func entries(_ user: String) async throws -> [Entry] {
        try await self.ledger.entries(self.account(user), 1...Int64(Int32.max))
    }

    func payment(_ id: PaymentID) async throws -> Payment {
        try #require(try await self.payments.payment(id))
    }

    func state(_ id: PaymentID) async throws -> Payment.State { try await self.payment(id).state }

    /// Waits until all of these have ended.
    func ended(_ ids: [PaymentID], within limit: Duration = .seconds(60)) async throws {
        for id in ids {
            try await eventually("\(id.text) ends", within: limit) {
                let state = try await self.state(id)
                return state.isTerminal
            }
        }
    }

    // MARK: Carrying out by hand

    /// Every message of a role that lies in the streams, delivered or not.
    func messages(_ streams: [String]) async throws -> [WorkMessage] {
        var messages: [WorkMessage] = []
        for stream in streams {
            let reply = try await self.node.send(RedisCommand("XRANGE", .key(stream), "-", "+"), within: nil)
            for entry in reply.array ?? [] {
                guard let parts = entry.array, let id = parts[0].string else { continue }
                let words = (parts[1].array ?? []).map { $0.string ?? "" }
                var fields: [String: String] = [:]
                for index in stride(from: 0, to: words.count - 1, by: 2) { fields[words[index]] = words[index + 1] }
                messages.append(WorkMessage(stream: stream, id: id, fields: fields, isRedelivered: false))
            }
        }
        return messages
    }

    func lockerMessages() async throws -> [WorkMessage] { try await self.messages(Shard.all.map(ShardKeys.work)) }

    func applierMessages() async throws -> [WorkMessage] { try await self.messages(Shard.all.map(PaymentKeys.locked)) }

    /// Carries out whatever the streams ask for until they are empty.
    func drain() async throws {
        for _ in 0..<10_000 {
            let messages = try await self.applierMessages() + self.lockerMessages()
            guard !messages.isEmpty else { return }
            _ = await self.worker.handle(messages)
        }
        Issue.record("the streams are never empty")
    }

    // MARK: What must hold

    /// Nothing is left of any payment but its record, its entries and its place in lists.
    ///
    /// Workers may still be at the last acknowledgements.
    func expectSettled() async throws {
        try await eventually("all is cleaned up") {
            let open = try await self.keys().filter { $0.contains(":payments:open") || $0.contains("waiters:") }
            let messages = try await self.applierMessages() + self.lockerMessages()
            return open.isEmpty && messages.isEmpty
        }
        let left = try await self.keys().filter { key in
            ["lock:", "waiters:", ":payments:open", ":payments:flight", ":payments:dead"].contains { key.contains($0) }
        }
        #expect(left == [])
        #expect(try await self.applierMessages() == [])
        #expect(try await self.lockerMessages() == [])
        #expect(try await self.shardSums() == [:])
    }

    /// The sums that are not zero: of each shard, and of all transit together.
    func shardSums() async throws -> [String: Int64] {
        var sums: [String: Int64] = [:]
        for key in try await self.keys() where key.contains(":account:") {
            let balance = try await self.node.send(RedisCommand("HGET", .key(key), "balance"), within: nil)
            let shard = String(key.split(separator: ":")[1])
            sums[shard, default: 0] += balance.integerValue ?? 0
            if key.contains("~transit") { sums["transit", default: 0] += balance.integerValue ?? 0 }
        }
        return sums.filter { $0.value != 0 }
    }

    func keys() async throws -> [String] {
        let reply = try await self.node.send(RedisCommand("KEYS", "*"), within: nil)
        return (reply.array ?? []).compactMap(\.string).sorted()
    }

    /// The whole of Redis as text, to see whether anything changed.
    func everything() async throws -> [String: String] {
        var all: [String: String] = [:]
        for key in try await self.keys() {
            all[key] = "\(try await self.node.send(RedisCommand("DUMP", .key(key)), within: nil))"
        }
        return all
    }
}

extension PaymentResult {
    /// The payment that was made, now or before.
    var payment: PaymentID? {
        guard case .accepted(let id) = self.outcome else { return nil }
        return id
    }

    var refusal: PaymentsError? {
        guard case .refused(let error, _) = self.outcome else { return nil }
        return error
    }
}
