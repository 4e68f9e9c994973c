import JSON
package import Logging
package import Outbound
import ServiceLifecycle
import Synchronization
import Timing

/// The operator's nodes as one: calls go to one that is fit, and to the next one when it fails.
///
/// ``run()`` probes them. Nothing is called before a chain is accepted: ``use(_:)``. Each batch asks its node
/// besides which chain it is of, so that a node that was reset between two probes is found out by its first answer.
package final class EthereumNodes: Service, Sendable {
    /// The answers of one node to one batch.
    struct Answered: Sendable {
        let node: Int
        let answers: [Result<JSONValue, RPCFault>]
    }

    private struct State {
        var board: NodeBoard
        /// What was last said of each node.
        var statuses: [NodeStatus]
    }

    let configuration: RPCConfiguration
    private let caller: NodeCaller
    private let logger: Logger
    private let state: Mutex<State>

    package init(configuration: RPCConfiguration, outbound: OutboundClient, logger: Logger) {
        precondition((1...16).contains(configuration.nodes.count) && (2...1000).contains(configuration.batchLimit))
        let nodes = configuration.nodes
        self.configuration = configuration
        self.caller = NodeCaller(nodes: nodes, outbound: outbound, metrics: RPCMetrics(nodes: nodes.count))
        self.logger = logger
        self.state = Mutex(
            State(
                board: NodeBoard(count: nodes.count, rules: configuration.rules),
                statuses: nodes.map { _ in .unseen }
            )
        )
    }

    /// Probes each node at its own pace until a graceful shutdown: one that hangs holds up no other.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                for node in self.configuration.nodes.indices {
                    group.addTask {
                        while !Task.isCancelled {
                            await self.probe(node)
                            // The loop ends with the task, and so does the sleep.
                            try? await Task.sleep(for: self.configuration.probeInterval, clock: .loop)
                        }
                    }
                }
            }
        }
    }

    /// Says which chain's nodes are used; `nil` for none.
    package func use(_ chain: ChainIdentity?) { self.update { board, _ in board.accept(chain) } }

    /// What the nodes last said.
    package var report: ChainReport { self.state.withLock { $0.board.report(at: .now) } }

    /// Probes every node that is not left alone just now, and says what they all say.
    ///
    /// Takes as long as the slowest one, the time-out of probes at most.
    @discardableResult
    package func probe() async -> ChainReport {
        await withDiscardingTaskGroup { group in
            for node in self.configuration.nodes.indices { group.addTask { await self.probe(node) } }
        }
        return self.report
    }

    /// What is asked of one chain and sent to it: nothing while its nodes are not the ones in use.
    package func client(of chain: ChainIdentity) -> ChainClient { ChainClient(nodes: self, chain: chain) }

    /// Tries one node after the other, each at most once.
    func call(
        _ requests: [RPCRequest],
        of chain: ChainIdentity,
        isSending: Bool
    ) async throws(RPCError) -> Answered {
        let timeout = self.configuration.callTimeout
        var failure = RPCError.noNode
        var tried: Set<Int> = []
        while let node = self.choose(of: chain, isSending: isSending, except: tried) {
            do throws(RPCError) {
                return try await self.call(node, requests, of: chain, isSending: isSending, within: timeout)
            } catch {
                failure = error
                guard error.isOfNode else { break }
                tried.insert(node)
            }
        }
        throw failure
    }

    /// A node of this chain, if it is the accepted one.
    func choose(of chain: ChainIdentity, isSending: Bool, except tried: Set<Int> = []) -> Int? {
        self.update { board, now in
            guard board.accepted == chain else { return nil }
            return board.choose(isSending: isSending, except: tried, at: now)
        }
    }

    /// Sends to every node that is up but one, side by side; what they say of it does not matter.
    func broadcast(_ requests: [RPCRequest], of chain: ChainIdentity, except first: Int?) async {
        let timeout = self.configuration.probeTimeout
        let others = self.update { board, now in
            board.accepted == chain ? board.upNodes(at: now).filter { $0 != first } : []
        }
        await withDiscardingTaskGroup { group in
            for node in others {
                group.addTask {
                    // A failure is noted down where it happens.
                    _ = try? await self.call(node, requests, of: chain, isSending: true, within: timeout)
                }
            }
        }
    }

    /// A node showed its newest block in passing.
    func saw(_ node: Int, head: UInt64) { self.update { board, now in board.showed(node, head: head, at: now) } }

    /// One batch to one node, with the question which chain it is of in front.
    private func call(
        _ node: Int,
        _ requests: [RPCRequest],
        of chain: ChainIdentity,
        isSending: Bool,
        within timeout: Duration
    ) async throws(RPCError) -> Answered {
        let result = await self.caller.call(node, [.genesis] + requests, isSending: isSending, within: timeout)
        var answers = try self.noted(result, node).get()
        // Only another chain is a reason to stop; a node that does not tell is asked again by the next probe.
        let first = answers.removeFirst()
        if case .success(let block) = first, let genesis = block["hash"]?.hash, genesis != chain.genesis {
            self.update { board, now in board.showed(node, genesis: genesis, at: now) }
            throw .otherChain
        }
        let isLimited = answers.contains { answer in
            guard case .failure(.refused(let refusal)) = answer else { return false }
            return refusal.isRateLimit
        }
        self.update { board, now in
            if isLimited { board.failed(node, at: now) } else { board.answered(node) }
        }
        return Answered(node: node, answers: answers)
    }

    private func probe(_ node: Int) async {
        guard self.update({ board, now in board.pausedUntil(node, at: now) }) == nil else { return }
        let batch: [RPCRequest] = [.chainID, .genesis, .block(.latest)]
        let timeout = self.configuration.probeTimeout
        let result = await self.caller.call(node, batch, isSending: false, within: timeout)
        guard case .success(let answers) = self.noted(result, node) else { return }
        let values = answers.map { answer in if case .success(let value) = answer { value } else { nil as JSONValue? } }
        if let id = values[0]?.quantity, let genesis = values[1]?["hash"]?.hash,
            let head = values[2]?["number"]?.quantity
        {
            let chain = ChainIdentity(id: id, genesis: genesis)
            self.update { board, now in board.sighted(node, chain, head: head, at: now) }
        } else {
            self.logger.debug("A node does not say which chain it is of", metadata: self.metadata(node))
            self.update { board, now in board.failed(node, at: now) }
        }
    }

    /// Notes down what a failure says of its node.
    private func noted<Value>(_ result: Result<Value, RPCError>, _ node: Int) -> Result<Value, RPCError> {
        guard case .failure(let error) = result, error.isOfNode else { return result }
        var metadata = self.metadata(node)
        metadata["error"] = "\(error)"
        self.logger.debug("A node failed", metadata: metadata)
        var pause: Duration?
        if case .rateLimited(let retryAfter) = error { pause = retryAfter }
        self.update { board, now in board.failed(node, pause: pause, at: now) }
        return result
    }

    /// Changes the board, and tells of nodes that are now another thing than before.
    @discardableResult
    private func update<Value: Sendable>(_ change: (inout NodeBoard, ContinuousClock.Instant) -> Value) -> Value {
        let (value, nodes, changed) = self.state.withLock { state in
            let now = ContinuousClock.now
            let value = change(&state.board, now)
            let nodes = state.board.report(at: now).nodes
            let changed = nodes.filter { $0.status != state.statuses[$0.index] }
            state.statuses = nodes.map(\.status)
            return (value, nodes, changed)
        }
        self.caller.metrics.saw(nodes)
        for node in changed {
            var metadata = self.metadata(node.index)
            if let chain = node.chain { metadata["chain"] = "\(chain.id) \(chain.genesis)" }
            let level: Logger.Level = node.status == .healthy ? .notice : .warning
            self.logger.log(level: level, "A node is now \(node.status.name)", metadata: metadata)
        }
        return value
    }

    /// Host and port only: a path may be a key.
    private func metadata(_ node: Int) -> Logger.Metadata {
        let endpoint = self.configuration.nodes[node]
        return ["node": "\(node)", "address": "\(endpoint.host):\(endpoint.port)"]
    }
}
