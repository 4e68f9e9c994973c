import Ethereum
import EthereumRPC
import Evidence
import Faucet
import JSON
import Logging
import Outbound
import RESP
import Redis
import Support
import Testing

/// The faucet as an auditor meets it.
extension FaucetFixture {
    /// A chain that mines when it is told, with geth's pool: what waits stays where it is.
    static var still: Options {
        var options = Options()
        options.chain.rules = .geth
        options.chain.mining = .manual
        return options
    }

    /// Works with `work`, and when everybody has gone home, audits with `body`: nothing moves any more.
    static func afterwards(
        _ options: Options,
        work: @Sendable @escaping (FaucetFixture) async throws -> Void,
        body: @Sendable @escaping (FaucetFixture) async throws -> Void
    ) async throws {
        var redisOptions = RedisServer.Options()
        redisOptions.appendOnly = true
        let server = try RedisServer(redisOptions)
        defer { server.kill() }
        let chain = try ChainNode(options.chain)
        defer { chain.kill() }
        try await Self.with(options, server, chain, work)
        var rest = options
        rest.workers = 0
        try await Self.with(rest, server, chain, body)
    }

    func audit(_ change: (inout FaucetAudit.Options) -> Void = { _ in }) async throws -> FaucetAudit.Report {
        var rpc = RPCConfiguration(nodes: [try Endpoint(trusted: self.chain.url)])
        rpc.rules.shortestPause = .milliseconds(10)
        rpc.rules.longestPause = .milliseconds(10)
        let nodes = EthereumNodes(
            configuration: rpc,
            outbound: self.outbound,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        var options = FaucetAudit.Options()
        options.pause = .milliseconds(5)
        change(&options)
        return try await FaucetAudit(redis: self.node, nodes: nodes, options).run()
    }

    @discardableResult
    func send(_ name: String, _ arguments: RedisArgument...) async throws -> RESPValue {
        try await self.node.send(RedisCommand(name, arguments), within: nil)
    }

    /// The lane of the first sender in an era.
    func laneOfEra(_ era: Int64 = 1) throws -> LaneName {
        LaneName(era: era, sender: try #require(Address(hex: Self.sender)))
    }

    /// Blocks until these are over, on a chain that mines when it is told.
    func mineAll(_ admissions: [Admission]) async throws {
        for admission in admissions {
            try await eventually("\(admission.id) is over", within: .seconds(30)) {
                try await self.chain.mine()
                return try await self.distribution(admission.id).state.isTerminal
            }
        }
    }

    func untilSubmitted(_ id: String) async throws {
        try await eventually("\(id) is with a node", within: .seconds(30)) {
            try await self.distribution(id).state == .submitted
        }
    }
}

extension FaucetAudit.Report {
    var kinds: Set<FaucetAudit.Kind> { Set(self.violations.counts.keys) }
}
