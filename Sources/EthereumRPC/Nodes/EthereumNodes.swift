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
    /// The answers of one node.
    struct Answered: Sendable {
        let node: Int
        let answers: [Result<JSONValue, RPCFault>]
    }

    private struct State {
        var board: NodeBoard
        /// The statuses of the nodes, as they were last logged.
        var statuses: [NodeStatus]
        var batches: [BatchSize]
        var blockReceipts: [BlockReceiptsUse]
    }

    /// How calls go to a node.
    struct Order: Sendable {
        /// The chain that the node has to be of; `nil` when the call asks for the chain.
        var chain: ChainIdentity?
        var isSending = false
        var timeout: Duration
        /// Whether what follows an answered batch is not worth sending.
        var stops: @Sendable ([Result<JSONValue, RPCFault>]) -> Bool = { _ in false }
    }

    let configuration: RPCConfiguration
    private let caller: NodeCaller
    private let logger: Logger
    private let state: Mutex<State>

    package init(configuration: RPCConfiguration, outbound: OutboundClient, logger: Logger) {
        precondition((1...16).contains(configuration.nodes.count) && (1...1000).contains(configuration.batchLimit))
        let nodes = configuration.nodes
        self.configuration = configuration
        self.caller = NodeCaller(nodes: nodes, outbound: outbound, metrics: RPCMetrics(nodes: nodes.count))
        self.logger = logger
        self.state = Mutex(
            State(
                board: NodeBoard(count: nodes.count, rules: configuration.rules),
                statuses: nodes.map { _ in .unseen },
                batches: nodes.map { _ in BatchSize(limit: configuration.batchLimit) },
                blockReceipts: nodes.map { _ in BlockReceiptsUse() }
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

    /// The report of the nodes, as they last answered.
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

    /// The client of one chain: its calls fail while the nodes of that chain are not the ones in use.
    package func client(of chain: ChainIdentity) -> ChainClient { ChainClient(nodes: self, chain: chain) }

    /// Tries one node after the other, each at most once; all answers are of one of them.
    ///
    /// They go out in as many batches as the node wants, the next one when the one before was answered. There are fewer
    /// answers than calls when `stops` said so.
    func call(
        _ requests: [RPCRequest],
        of chain: ChainIdentity,
        isSending: Bool,
        stops: @escaping @Sendable ([Result<JSONValue, RPCFault>]) -> Bool = { _ in false }
    ) async throws(NodeError) -> Answered {
        let timeout = self.configuration.callTimeout
        let order = Order(chain: chain, isSending: isSending, timeout: timeout, stops: stops)
        var failure = NodeError.noNode
        var tried: Set<Int> = []
        while let node = self.choose(of: chain, isSending: isSending, except: tried) {
            do throws(NodeError) {
                return Answered(node: node, answers: try await self.call(node, requests, order))
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

    /// Sends to every node that is up but one, side by side; their answers do not matter.
    func broadcast(_ requests: [RPCRequest], of chain: ChainIdentity, except first: Int?) async {
        let timeout = self.configuration.probeTimeout
        let others = self.update { board, now in
            board.accepted == chain ? board.upNodes(at: now).filter { $0 != first } : []
        }
        await withDiscardingTaskGroup { group in
            for node in others {
                group.addTask {
                    // A failure is noted down where it happens.
                    _ = try? await self.call(node, requests, Order(chain: chain, isSending: true, timeout: timeout))
                }
            }
        }
    }

    /// A node showed its newest block in passing.
    func saw(_ node: Int, head: UInt64) { self.update { board, now in board.showed(node, head: head, at: now) } }

    /// How many calls of ours fit into the next batch for the node that would be chosen.
    func room(of chain: ChainIdentity, isSending: Bool) -> Int {
        let node = self.choose(of: chain, isSending: isSending)
        return max(1, (node.map(self.batchSize) ?? self.configuration.batchLimit) - 1)
    }

    private func batchSize(_ node: Int) -> Int { self.state.withLock { $0.batches[node].size } }

    /// Calls one node in as many batches as it wants.
    private func call(
        _ node: Int,
        _ requests: [RPCRequest],
        _ order: Order
    ) async throws(NodeError) -> [Result<JSONValue, RPCFault>] {
        var answers: [Result<JSONValue, RPCFault>] = []
        while answers.count < requests.count {
            let size = self.batchSize(node)
            let part = Array(requests[answers.count...].prefix(order.chain == nil ? size : max(1, size - 1)))
            let new: [Result<JSONValue, RPCFault>]
            do throws(NodeError) { new = try await self.part(node, part, order, isWhole: size > 1) } catch {
                // The next ones are smaller.
                guard case .batchTooLarge = error else { throw error }
                continue
            }
            answers += new
            if order.stops(new) { break }
        }
        return answers
    }

    /// Calls with the question which chain the node is of in front: in the same batch if it `isWhole`, else by itself.
    private func part(
        _ node: Int,
        _ requests: [RPCRequest],
        _ order: Order,
        isWhole: Bool
    ) async throws(NodeError) -> [Result<JSONValue, RPCFault>] {
        guard let chain = order.chain else { return try await self.batch(node, requests, order) }
        guard isWhole else {
            let first = try await self.batch(node, [.genesis], Order(timeout: order.timeout))
            try self.check(node, chain, first.first)
            return try await self.batch(node, requests, order)
        }
        var answers = try await self.batch(node, [.genesis] + requests, order)
        try self.check(node, chain, answers.removeFirst())
        return answers
    }

    /// Only another chain is a reason to stop; a node that does not tell is asked again by the next probe.
    private func check(
        _ node: Int,
        _ chain: ChainIdentity,
        _ answer: Result<JSONValue, RPCFault>?
    ) throws(NodeError) {
        guard case .success(let block) = answer, let genesis = block["hash"]?.hash, genesis != chain.genesis else {
            return
        }
        self.update { board, now in board.showed(node, genesis: genesis, at: now) }
        throw .otherChain
    }

    /// One batch to one node; fewer answers than calls when it has done only the first of them.
    private func batch(
        _ node: Int,
        _ requests: [RPCRequest],
        _ order: Order
    ) async throws(NodeError) -> [Result<JSONValue, RPCFault>] {
        let count = requests.count
        let result = await self.caller.call(node, requests, isSending: order.isSending, within: order.timeout)
        if case .failure(let error) = result, error.isOfBatch, self.shrinks(node, count, error) { throw .batchTooLarge }
        let answers = try self.noted(result, node).get()
        if count > 1, let first = answers.firstIndex(where: { Self.refusal($0)?.isBatchTooLarge == true }),
            let refusal = Self.refusal(answers[first]), self.shrinks(node, count, .fault(.refused(refusal)))
        {
            // The calls before it were done, and at least our own question has to be among them.
            guard first > 1 else { throw .batchTooLarge }
            return Array(answers[..<first])
        }
        let isLimited = answers.contains { Self.refusal($0)?.isRateLimit == true }
        if order.chain != nil {
            self.update { board, now in
                if isLimited { board.failed(node, at: now) } else { board.answered(node) }
            }
        }
        let size = self.state.withLock { state in
            state.batches[node].answered(count)
            return state.batches[node].size
        }
        self.caller.metrics.batches(node, size)
        return answers
    }

    private static func refusal(_ answer: Result<JSONValue, RPCFault>) -> RPCRefusal? {
        guard case .failure(.refused(let refusal)) = answer else { return nil }
        return refusal
    }

    /// Notes down that a batch was too large; `false` when there is no smaller one.
    private func shrinks(_ node: Int, _ count: Int, _ error: NodeError) -> Bool {
        let (isSmaller, size) = self.state.withLock { state in
            (state.batches[node].refused(count), state.batches[node].size)
        }
        guard isSmaller else { return false }
        var metadata = self.metadata(node)
        metadata["error"] = "\(error)"
        metadata["calls"] = "\(size)"
        self.logger.notice("A node takes fewer calls in one batch", metadata: metadata)
        self.caller.metrics.batches(node, size)
        return true
    }

    // MARK: Receipts by block

    /// Whether so many receipts of so many blocks are rather asked for by block.
    func wantsBlockReceipts(_ receipts: Int, blocks: Int, of chain: ChainIdentity) -> Bool {
        guard let node = self.choose(of: chain, isSending: false) else { return false }
        return self.state.withLock { $0.blockReceipts[node].isWanted(receipts: receipts, blocks: blocks) }
    }

    /// Takes a node's answer to that question; `nil` when it does not have the method.
    func toldBlockReceipts(_ node: Int, _ told: (receipts: Int, ours: Int)?) {
        self.state.withLock { state in
            if let told {
                state.blockReceipts[node].told(receipts: told.receipts, ours: told.ours)
            } else {
                state.blockReceipts[node].lacks()
            }
        }
    }

    private func probe(_ node: Int) async {
        guard self.update({ board, now in board.pausedUntil(node, at: now) }) == nil else { return }
        let batch: [RPCRequest] = [.chainID, .genesis, .block(.latest)]
        let answers: [Result<JSONValue, RPCFault>]
        do throws(NodeError) {
            answers = try await self.call(node, batch, Order(timeout: self.configuration.probeTimeout))
        } catch {
            // It is noted down where it happens.
            return
        }
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
    private func noted<Value>(_ result: Result<Value, NodeError>, _ node: Int) -> Result<Value, NodeError> {
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
            let isExpected = node.status == .healthy || node.status == .sighted
            let level: Logger.Level = isExpected ? .notice : .warning
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
