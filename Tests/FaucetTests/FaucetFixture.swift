import Coordination
import Ethereum
import EthereumRPC
import Faucet
import JSON
import Logging
import NIOPosix
import Outbound
import RESP
import Redis
import ServiceLifecycle
import Support
import Testing

/// The faucet around one real Redis and one real chain, all in this process.
struct FaucetFixture: Sendable {
    let server: RedisServer
    let chain: ChainNode
    let node: RedisNode
    let faucet: Faucet
    let watch: DistributionWatch
    let outbound: OutboundClient
    let failpoints: Failpoints
    let logs: CapturedLogs
    let options: Options

    struct Options: Sendable {
        var chain = ChainNode.Options()
        /// Besides the chain: nodes that are asked, in order; the chain itself is first unless it is in the list.
        var nodes: [String]?
        var faucet = FaucetConfiguration()
        var lane = LaneConfiguration()
        var rules = NodeRules()
        var callTimeout = Duration.seconds(2)
        /// Calls in one batch to a node.
        var batchLimit = 100
        var failpoints: [String] = []
        /// Hardhat's accounts that pay.
        var senders = [0]
        var workers = 1

        init() {
            self.lane.poll = .milliseconds(50)
            self.lane.idlePoll = .milliseconds(100)
            self.lane.lease = .seconds(1)
            self.chain.arguments = ["--faults"]
            self.rules.shortestPause = .milliseconds(50)
            self.rules.longestPause = .milliseconds(200)
        }
    }

    /// Somebody who is paid: Hardhat's account 9, or a fresh address.
    static let recipient = "0xa0Ee7A142d267C1f36714E4a8F75612F20a79720"
    static let sender = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"

    static func with(
        _ options: Options = Options(),
        chain given: ChainNode? = nil,
        _ body: @Sendable @escaping (FaucetFixture) async throws -> Void
    ) async throws {
        var redisOptions = RedisServer.Options()
        redisOptions.appendOnly = true
        let server = try RedisServer(redisOptions)
        defer { server.kill() }
        let chain = try given ?? ChainNode(options.chain)
        defer { chain.kill() }
        try await Self.with(options, server, chain, body)
    }

    static func with(
        _ options: Options,
        _ server: RedisServer,
        _ chain: ChainNode,
        _ body: @Sendable @escaping (FaucetFixture) async throws -> Void
    ) async throws {
        let logs = CapturedLogs()
        let node = RedisNode(
            configuration: try RedisConfiguration(url: server.url),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: logs.logger()
        )
        let clock = ServerClock(redis: node, logger: logs.logger())
        let guardian = StoreGuard(redis: node, interval: .milliseconds(50), logger: logs.logger())
        let pump = CommitPump(node: node, configuration: CommitPump.Configuration())
        let failpoints = Failpoints(options.failpoints.compactMap { Failpoints.Rule($0) })
        let outbound = OutboundClient(
            configuration: OutboundConfiguration(policy: try EndpointPolicy(allowing: [])),
            logger: logs.logger()
        )
        let fixture = FaucetFixture(
            server: server,
            chain: chain,
            node: node,
            faucet: Faucet(
                redis: node,
                commits: pump,
                guardian: guardian,
                clock: clock,
                configuration: options.faucet,
                failpoints: failpoints
            ),
            watch: DistributionWatch(node: node, limit: 10_000, share: 10_000, logger: logs.logger()),
            outbound: outbound,
            failpoints: failpoints,
            logs: logs,
            options: options
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            for service in [node, clock, guardian, pump, outbound, fixture.watch] as [any Service] {
                group.addTask { try await service.run() }
            }
            for number in 0..<options.workers {
                group.addTask { try await fixture.work("worker-\(number)") }
            }
            group.addTask {
                try await eventually { node.isReady && clock.isKnown && guardian.verdict != .unknown }
                if options.workers > 0 { try await fixture.untilReady() }
                try await body(fixture)
                throw Finished()
            }
            do { while try await group.next() != nil {} } catch is Finished {}
            group.cancelAll()
        }
    }

    private struct Finished: Error {}

    /// Everything that a worker process has for the faucet, until cancelled.
    func work(_ name: String) async throws {
        var rpc = RPCConfiguration(
            nodes: try (self.options.nodes ?? [self.chain.url]).map { try Endpoint(trusted: $0) }
        )
        rpc.rules = self.options.rules
        rpc.callTimeout = self.options.callTimeout
        rpc.batchLimit = self.options.batchLimit
        rpc.probeTimeout = .milliseconds(500)
        rpc.probeInterval = .milliseconds(100)
        let nodes = EthereumNodes(configuration: rpc, outbound: self.outbound, logger: self.logs.logger())
        let eras = EraKeeper(faucet: self.faucet, nodes: nodes, interval: .milliseconds(50), logger: self.logs.logger())
        let keys = try self.options.senders.map { try SenderKey.development($0) }
        let wakes = LaneWakes(node: self.node, senders: keys.map(\.address), logger: self.logs.logger())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for service in [nodes, eras, wakes] as [any Service] { group.addTask { try await service.run() } }
            for key in keys {
                let lane = LaneService(
                    self.faucet,
                    key: key,
                    nodes: nodes,
                    eras: eras,
                    wakes: wakes,
                    owner: name,
                    configuration: self.options.lane,
                    logger: self.logs.logger()
                )
                group.addTask { try await lane.run() }
            }
            while try await group.next() != nil {}
        }
    }

    /// Until every sender may be given distributions.
    func untilReady() async throws {
        try await eventually("lanes are up", within: .seconds(20)) {
            let count = try await self.node.send(RedisCommand("SCARD", .key(FaucetKeys.senders)), within: nil)
            return count.integerValue == Int64(self.options.senders.count)
        }
    }

    // MARK: Asking for coins

    @discardableResult
    func admit(
        _ address: String = Self.recipient,
        key: String? = nil,
        as id: String? = nil
    ) async throws -> Admission {
        var order = try DistributionOrder(address: address)
        order.claim = key.map { order.claim(caller: "anonymous", key: $0) }
        return try await self.faucet.admit(order, as: id ?? self.faucet.makeID())
    }

    func admit(count: Int, _ address: String = Self.recipient) async throws -> [Admission] {
        var admissions: [Admission] = []
        for _ in 0..<count { admissions.append(try await self.admit(address)) }
        return admissions
    }

    func distribution(_ id: String) async throws -> Distribution {
        try #require(try await self.faucet.distribution(id))
    }

    /// The distributions once they are all over.
    @discardableResult
    func ended(_ admissions: [Admission], within limit: Duration = .seconds(30)) async throws -> [Distribution] {
        var distributions: [Distribution] = []
        for admission in admissions {
            try await eventually("\(admission.id) is over", within: limit) {
                try await self.distribution(admission.id).state.isTerminal
            }
            distributions.append(try await self.distribution(admission.id))
        }
        return distributions
    }

    // MARK: The chain

    /// Coins of an address, in wei.
    func balance(_ address: String = Self.recipient) async throws -> Wei {
        try #require(Wei(hex: try await self.chain.balance(of: address)))
    }

    /// How many coins an address has got since it had `before`.
    func coins(_ address: String = Self.recipient, since before: Wei) async throws -> UInt64? {
        let rise = try await self.balance(address).subtracting(before)
        return rise?.divided(by: self.options.faucet.amount)?.quotient.exact
    }

    /// Expects that each distribution has one mined transaction of its own and the recipient exactly that many coins
    /// more.
    func expectDelivered(
        _ distributions: [Distribution],
        to address: String = Self.recipient,
        since before: Wei
    ) async throws {
        #expect(distributions.allSatisfy { $0.state == .confirmed })
        let hashes = Set(distributions.compactMap(\.minedHash))
        #expect(hashes.count == distributions.count)
        for distribution in distributions {
            let receipt = try await self.chain.receipt(of: distribution.minedHash?.text ?? "")
            #expect(receipt?["status"] == .string("0x1"))
        }
        let coins = try await self.coins(address, since: before)
        #expect(coins == UInt64(distributions.count))
        // A lane that has delivered once and gone on may have delivered twice: nothing more is on its way.
        let pending = try await self.chain.text("eth_getTransactionCount", "\"\(Self.sender)\"", "\"pending\"")
        let latest = try await self.chain.text("eth_getTransactionCount", "\"\(Self.sender)\"", "\"latest\"")
        #expect(pending == latest)
    }
}
