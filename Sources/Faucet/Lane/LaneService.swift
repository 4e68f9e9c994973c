import Coordination
package import Ethereum
package import EthereumRPC
package import Logging
import Redis
import ServiceLifecycle
import Timing

/// The parts that every lane of a process needs.
struct LaneParts: Sendable {
    let faucet: Faucet
    let nodes: EthereumNodes
    let eras: EraKeeper
    let configuration: LaneConfiguration
    let wakeUp: WakeUp
    let logger: Logger
}

/// Runs the lane of one sender whenever this process has it.
///
/// One process of all has it at a time; any number may try. When one is gone, the next has it after the lease.
package struct LaneService: Service {
    private let parts: LaneParts
    private let key: SenderKey
    private let lease: Lease

    package init(
        _ faucet: Faucet,
        key: SenderKey,
        nodes: EthereumNodes,
        eras: EraKeeper,
        wakes: LaneWakes,
        owner: String,
        configuration: LaneConfiguration,
        logger: Logger
    ) {
        self.parts = LaneParts(
            faucet: faucet,
            nodes: nodes,
            eras: eras,
            configuration: configuration,
            wakeUp: wakes.wakeUp(key.address) ?? WakeUp(),
            logger: logger
        )
        self.key = key
        self.lease = Lease(
            key: FaucetKeys.lease(key.address),
            tokenKey: FaucetKeys.leaseToken(key.address),
            owner: owner,
            duration: max(configuration.lease, .seconds(1)),
            redis: faucet.redis,
            logger: logger
        )
    }

    package func run() async throws {
        await self.lease.run { fence in
            while !Task.isCancelled {
                guard let era = self.parts.eras.era else {
                    // Nothing is known of the chain yet; cancellation ends the sleep, and the loop sees it.
                    try? await Task.sleep(for: .milliseconds(100), clock: .loop)
                    continue
                }
                let run = LaneRun(self.parts, key: self.key, era: era, fence: fence)
                await run.run()
                // Fenced, or the era is another: the first is for the lease to find out.
                try? await Task.sleep(for: .milliseconds(50), clock: .loop)
            }
        }
    }
}
