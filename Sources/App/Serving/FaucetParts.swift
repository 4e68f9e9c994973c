import Coordination
import Ethereum
import EthereumRPC
import Faucet
import Ledger
import Logging
import Outbound
import Redis
import ServiceLifecycle
import Web

/// The parts that make the faucet in one process.
struct FaucetParts {
    let faucet: Faucet
    private let settings: FaucetSettings
    private let redis: RedisNode
    /// For a process that has lanes.
    private let sending: Sending?
    private let logger = Logger(label: "tally.faucet")

    /// The senders' keys, the nodes, and which chain all processes are on.
    private struct Sending {
        let keys: [SenderKey]
        let nodes: EthereumNodes
        let eras: EraKeeper
    }

    /// `senderKeys` are for a process that has the background roles.
    init(
        _ configuration: AppConfiguration,
        senderKeys: [SenderKey],
        outbound: OutboundClient,
        redis: RedisNode,
        commits: CommitPump,
        guardian: StoreGuard,
        clock: ServerClock
    ) {
        self.settings = configuration.faucet
        self.redis = redis
        let faucet = Faucet(
            redis: redis,
            commits: commits,
            guardian: guardian,
            clock: clock,
            configuration: configuration.faucet.faucet,
            servesUnsafeStore: configuration.ledger.servesUnsafeStore,
            failpoints: Failpoints(configuration.payments.failpoints)
        )
        self.faucet = faucet
        let logger = self.logger
        self.sending = configuration.faucet.rpc.flatMap { rpc in
            guard !senderKeys.isEmpty else {
                logger.info("No lanes here: faucet.rpc names nodes, and this process has no faucet.keys")
                return nil
            }
            let nodes = EthereumNodes(configuration: rpc, outbound: outbound, logger: Logger(label: "tally.rpc"))
            return Sending(
                keys: senderKeys,
                nodes: nodes,
                eras: EraKeeper(faucet: faucet, nodes: nodes, logger: logger)
            )
        }
    }

    /// The chain's state for `/readyz?verbose`; never a reason not to be ready, for the other systems go on.
    var check: ReadinessCheck? {
        guard let nodes = self.sending?.nodes else { return nil }
        return ReadinessCheck("faucet") {
            switch nodes.report.verdict {
            case .accepted: .ready
            case .unreachable: .degraded("no Ethereum node answers: coins wait")
            case .misplaced: .degraded("the nodes are of another chain than the settings name: coins wait")
            case .changed: .degraded("the nodes are of another chain than before")
            case .divided: .degraded("the nodes are of different chains: coins wait")
            }
        }
    }

    /// Adds the routes; returns what only a listener needs.
    func listen(_ router: inout WebRouter, drain: DrainSignal) -> [any Service] {
        let watch = DistributionWatch(
            node: self.redis,
            limit: self.settings.faucet.watchLimit,
            share: self.settings.faucet.callerWatchLimit,
            logger: self.logger
        )
        FaucetRoutes(self.faucet, watch: watch, drain: drain).add(to: &router)
        return [watch]
    }

    /// A lane for each key, and what they stand on; any number of processes may have them.
    func roles(instance: String) -> [any Service] {
        guard let sending = self.sending else { return [] }
        let wakes = LaneWakes(node: self.redis, senders: sending.keys.map(\.address), logger: self.logger)
        let owner = "\(instance)-\(UInt64.random(in: .min ... .max))"
        let lanes = sending.keys.map { key in
            LaneService(
                self.faucet,
                key: key,
                nodes: sending.nodes,
                eras: sending.eras,
                wakes: wakes,
                owner: owner,
                configuration: self.settings.lane,
                logger: self.logger
            )
        }
        return [sending.nodes, sending.eras, wakes] + lanes
    }
}
