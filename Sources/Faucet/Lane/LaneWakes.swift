import Coordination
package import Ethereum
package import Logging
import RESP
package import Redis
import ServiceLifecycle

/// Wakes this process's lanes when there is something to do for them.
package final class LaneWakes: Service, Sendable {
    private let wakeUps: [String: WakeUp]
    private let tail: StreamTail

    package init(node: RedisNode, senders: [Address], logger: Logger) {
        let wakeUps = Dictionary(senders.map { ($0.lowercased, WakeUp()) }) { first, _ in first }
        self.wakeUps = wakeUps
        self.tail = StreamTail(
            node: node,
            name: "lanes",
            streams: [FaucetKeys.wakes],
            logger: logger,
            isWanted: { true },
            wake: { entries in
                guard !entries.isEmpty else {
                    for wakeUp in wakeUps.values { wakeUp.ring() }
                    return
                }
                let named = Set(entries.compactMap { $0.array?.last?.array?.last?.string })
                for name in named { wakeUps[name]?.ring() }
            }
        )
        self.tail.begin()
    }

    package func run() async throws { try await self.tail.run() }

    func wakeUp(_ sender: Address) -> WakeUp? { self.wakeUps[sender.lowercased] }
}
