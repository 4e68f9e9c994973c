package import Ethereum

/// The choice of the node to use, as plain values: no socket, no clock.
///
///     unseen ──sighted──▶ healthy ◀──▶ lagging        of the accepted chain
///                │  ▲        │            │
///        sighted │  │ sighted│    failed  │
///                ▼  │        ▼            ▼
///     otherChain, misplaced ──failed──▶ failing       (back-off, then probed again)
///
/// A node that failed may have come back as another chain, so nothing but a sighting makes it fit again. One node is
/// used until it is not fit any more, so that what it took from us is in what it tells us.
package struct NodeBoard: Sendable {
    package typealias Instant = ContinuousClock.Instant

    private struct Node {
        var chain: ChainIdentity?
        var head: UInt64 = 0
        var highest: UInt64 = 0
        var seenAt: Instant?
        var isAnswering = false
        var failures = 0
        var failedAt: Instant?
        var retryAt: Instant?
    }

    private let rules: NodeRules
    private var nodes: [Node]
    /// The chain whose nodes are used; none is before it is known.
    package private(set) var accepted: ChainIdentity?
    private var current: Int?

    package init(count: Int, rules: NodeRules) {
        self.nodes = Array(repeating: Node(), count: count)
        self.rules = rules
    }

    package mutating func accept(_ chain: ChainIdentity?) { self.accepted = chain }

    /// A node said which chain it is of, and how far it is.
    package mutating func sighted(_ index: Int, _ chain: ChainIdentity, head: UInt64, at now: Instant) {
        let isSame = self.nodes[index].chain == chain
        self.nodes[index].chain = chain
        self.nodes[index].head = head
        self.nodes[index].highest = isSame ? max(self.nodes[index].highest, head) : head
        self.nodes[index].seenAt = now
        self.nodes[index].isAnswering = true
        self.nodes[index].retryAt = nil
    }

    /// A node that is in use showed a block as its newest one.
    package mutating func showed(_ index: Int, head: UInt64, at now: Instant) {
        guard let chain = self.nodes[index].chain, self.nodes[index].isAnswering else { return }
        self.sighted(index, chain, head: head, at: now)
    }

    /// A node that is in use showed another block 0 than it had before.
    package mutating func showed(_ index: Int, genesis: Hash32, at now: Instant) {
        guard let chain = self.nodes[index].chain, chain.genesis != genesis else { return }
        self.sighted(index, ChainIdentity(id: chain.id, genesis: genesis), head: 0, at: now)
    }

    /// A call, not only a probe, was answered.
    package mutating func answered(_ index: Int) { self.nodes[index].failures = 0 }

    /// A call or a probe was not answered; `pause` is what the node asked for.
    ///
    /// Answers to probes do not end the count: a node may answer those and hang on everything else.
    package mutating func failed(_ index: Int, pause: Duration? = nil, at now: Instant) {
        if let before = self.nodes[index].failedAt, before.duration(to: now) > self.rules.longestPause * 4 {
            self.nodes[index].failures = 0
        }
        let doublings = min(self.nodes[index].failures, 16)
        let backoff = self.rules.shortestPause * (1 << doublings)
        self.nodes[index].failures += 1
        self.nodes[index].failedAt = now
        self.nodes[index].isAnswering = false
        self.nodes[index].retryAt = now + min(max(backoff, pause ?? .zero), self.rules.longestPause)
    }

    /// The time until which a node is left alone; `nil` when it may be probed.
    package func pausedUntil(_ index: Int, at now: Instant) -> Instant? {
        self.nodes[index].retryAt.flatMap { $0 > now ? $0 : nil }
    }

    /// The node to call: the one in use if it is fit, else the next healthy one, in the order of the settings.
    ///
    /// For sending, a node that lags is better than none.
    package mutating func choose(isSending: Bool, except tried: Set<Int> = [], at now: Instant) -> Int? {
        let best = self.best(at: now)
        let first = self.current ?? 0
        let order = self.nodes.indices.map { (first + $0) % self.nodes.count }.filter { !tried.contains($0) }
        let fit =
            order.first { self.status($0, best: best) == .healthy }
            ?? (isSending ? order.first { self.status($0, best: best) == .lagging } : nil)
        if let fit { self.current = fit }
        return fit
    }

    /// Nodes that answer and are of the accepted chain.
    package func upNodes(at now: Instant) -> [Int] {
        let best = self.best(at: now)
        return self.nodes.indices.filter { self.status($0, best: best).isUp }
    }

    package func report(at now: Instant) -> ChainReport {
        let best = self.best(at: now)
        let health = self.nodes.indices.map { index in
            let node = self.nodes[index]
            let isSeen = node.chain != nil
            return NodeHealth(
                index: index,
                status: self.status(index, best: best),
                chain: node.chain,
                head: isSeen ? node.head : nil,
                highest: isSeen ? node.highest : nil,
                lag: isSeen && node.chain == self.accepted ? best.map { $0 - min($0, node.head) } : nil,
                failures: node.failures
            )
        }
        return ChainReport(verdict: self.verdict(health), nodes: health, current: self.current)
    }

    private func verdict(_ nodes: [NodeHealth]) -> ChainVerdict {
        if nodes.contains(where: { $0.status.isUp }) { return .accepted }
        let others = nodes.filter { $0.status == .otherChain || $0.status == .sighted }
        let silent = nodes.count { $0.status == .unseen || $0.status == .failing }
        guard let chain = others.first?.chain else {
            return silent == nodes.count ? .unreachable : .misplaced
        }
        return others.allSatisfy { $0.chain == chain } ? .changed(to: chain, silent: silent) : .divided
    }

    /// The highest head of the accepted chain.
    ///
    /// A node that has just fallen silent counts for a while: the others are still to show the head that it showed.
    private func best(at now: Instant) -> UInt64? {
        self.nodes.filter { node in
            guard let accepted, node.chain == accepted, let seenAt = node.seenAt else { return false }
            return node.isAnswering || seenAt.duration(to: now) < self.rules.headMemory
        }.map(\.head).max()
    }

    private func status(_ index: Int, best: UInt64?) -> NodeStatus {
        let node = self.nodes[index]
        guard let chain = node.chain else { return node.failures > 0 ? .failing : .unseen }
        guard node.isAnswering else { return .failing }
        guard self.rules.permits(chain) else { return .misplaced }
        guard let accepted = self.accepted else { return .sighted }
        guard chain == accepted else { return .otherChain }
        let behind = best.map { $0 - min($0, node.head) } ?? 0
        return behind > self.rules.lagLimit ? .lagging : .healthy
    }
}
