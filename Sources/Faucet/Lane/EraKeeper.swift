import Coordination
import Ethereum
package import EthereumRPC
package import Logging
import RESP
import Redis
import ServiceLifecycle
import Synchronization
import Timing

/// The time in which all processes are on one chain: an era.
package struct Era: Hashable, Sendable {
    package let number: Int64
    package let chain: ChainIdentity

    /// The text that scripts compare: the number alone is given to another chain when a failover loses an era.
    var fence: String { "\(self.number) \(self.chain.id) \(self.chain.genesis.text)" }
}

/// Keeps this process on the era that Redis knows, and begins the next one when the chain is another.
///
/// A chain is another when all nodes that answer say so, several times in a row: one node of another chain is a mistake
/// in the settings. With a pinned genesis there is never another.
package final class EraKeeper: Service, Sendable {
    private let faucet: Faucet
    private let nodes: EthereumNodes
    private let logger: Logger
    private let interval: Duration
    private let state = Mutex<(era: Era?, sightings: Int, chain: ChainIdentity?)>((nil, 0, nil))
    /// Looks in a row that must show the other chain.
    private static let sightingsNeeded = 3
    /// How long it is remembered that nodes cannot be used.
    private static let troubleMilliseconds = 5000

    package init(faucet: Faucet, nodes: EthereumNodes, interval: Duration = .milliseconds(300), logger: Logger) {
        self.faucet = faucet
        self.nodes = nodes
        self.interval = interval
        self.logger = logger
    }

    /// The era that this process is on; `nil` before it is known.
    package var era: Era? { self.state.withLock { $0.era } }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do { try await self.keep() } catch {
                    self.logger.debug("Era not read", metadata: ["error": "\(error)"])
                }
                try? await Task.sleep(for: self.interval, clock: .loop)
            }
        }
    }

    /// One round trip, two when an era begins.
    private func keep() async throws(FaucetError) {
        let known = try await self.ask(after: nil, chain: nil)
        self.adopt(known)
        let report = self.nodes.report
        await self.tell(report.verdict)
        guard case .changed(let chain, let silent) = report.verdict else {
            return self.state.withLock { $0.sightings = 0 }
        }
        let sightings = self.state.withLock { state in
            state.sightings = state.chain == chain ? state.sightings + 1 : 1
            state.chain = chain
            return state.sightings
        }
        let needed = Self.looksNeeded(isFirst: known == nil, silent: silent, report.nodes.map(\.status))
        if sightings >= needed { try await self.begin(after: known, chain) }
    }

    /// Looks in a row that must show the chain.
    ///
    /// A node that is silent could be of the old chain still; it is waited for, but not for ever. Before the first era
    /// there is no old chain: only nodes that were not even asked yet are waited for.
    package static func looksNeeded(isFirst: Bool, silent: Int, _ nodes: [NodeStatus]) -> Int {
        guard isFirst else { return silent > 0 ? Self.sightingsNeeded * 20 : Self.sightingsNeeded }
        return nodes.contains(.unseen) ? Self.sightingsNeeded * 20 : 1
    }

    /// Tells operators of nodes that cannot be used: while there is no era, no lane could.
    private func tell(_ verdict: ChainVerdict) async {
        let word: String
        switch verdict {
        case .accepted, .changed: return
        case .unreachable: word = "no node answers"
        case .misplaced: word = "the nodes are of another chain than the settings name"
        case .divided: word = "the nodes are of different chains"
        }
        let command = RedisCommand(
            "SET",
            .key(FaucetKeys.chainTrouble),
            .text(word),
            "PX",
            .integer(Self.troubleMilliseconds)
        )
        // The next look tells it again.
        _ = try? await self.faucet.send(command)
    }

    /// Begins the next era, unless somebody else has.
    ///
    /// One round trip.
    private func begin(after known: Era?, _ chain: ChainIdentity) async throws(FaucetError) {
        let era = try await self.ask(after: known, chain: chain)
        self.state.withLock { $0.sightings = 0 }
        if let era {
            self.logger.warning(
                "A new era of the faucet",
                metadata: ["era": "\(era.number)", "chain_id": "\(era.chain.id)", "genesis": "\(era.chain.genesis)"]
            )
        }
        self.adopt(era)
    }

    private func ask(after known: Era?, chain: ChainIdentity?) async throws(FaucetError) -> Era? {
        let call = RedisScriptCall(
            .faucetEra,
            keys: [FaucetKeys.era],
            arguments: [
                .text(known?.fence ?? ""), .text(chain.map { String($0.id) } ?? ""), .text(chain?.genesis.text ?? ""),
            ]
        )
        let words = (try await self.faucet.step("era", call).array ?? []).map { $0.string ?? "" }
        guard words.count == 3 else { throw .storeInconsistent }
        guard !words[0].isEmpty else { return nil }
        guard let number = Int64(words[0]), let id = UInt64(words[1]), let genesis = Hash32(hex: words[2]) else {
            throw .storeInconsistent
        }
        return Era(number: number, chain: ChainIdentity(id: id, genesis: genesis))
    }

    private func adopt(_ era: Era?) {
        let isNew = self.state.withLock { state in
            defer { state.era = era }
            return state.era != era
        }
        if isNew { self.nodes.use(era?.chain) }
    }
}
