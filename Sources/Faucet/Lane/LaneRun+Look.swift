import Ethereum
import EthereumRPC
import Logging
import Timing

/// Looking at the chain, and telling Redis what was seen.
extension LaneRun {
    /// Looks at the chain, tells Redis, and deals with what was mined.
    ///
    /// Two round trips to Redis and two batches to a node, when there is anything to settle.
    func look() async throws(LaneStore.Failure) {
        // From its end on: a node that is slower than the pause would leave no time for sending.
        defer { self.lastLook = LoopClock().now }
        let snapshot: SenderSnapshot
        do { snapshot = try await self.chain.snapshot(of: self.sender) } catch {
            self.logger.debug("Chain not seen", metadata: self.metadata(["error": "\(error)"]))
            // The heartbeat: the lane lives, and tells why nothing moves.
            let orders = try await self.store.observe(nil, waiting: RPCWords.waiting(error))
            return await self.follow(orders)
        }
        self.snapshot = snapshot
        self.machine.observed(
            nonce: snapshot.nonce,
            pendingNonce: snapshot.pendingNonce,
            head: snapshot.head.number,
            at: LoopClock().now
        )
        self.quote = self.floored(self.configuration.fees.quote(snapshot))
        await self.note(snapshot.head)
        let sight = LaneStore.Sight(
            nonce: snapshot.nonce,
            floor: max(snapshot.nonce, snapshot.pendingNonce),
            affordable: self.affordable(snapshot),
            head: snapshot.head.number
        )
        let orders = try await self.store.observe(sight, waiting: self.waiting, fields: self.fields(snapshot))
        self.report(snapshot, orders)
        await self.follow(orders)
        if let lowest = orders.lowestOpen { self.machine.expect(lowest) }
        self.trouble = nil
        self.walkLimit = LoopClock().now.advanced(by: Self.walkTime)
        try await self.settle()
        try await self.confirm()
        try await self.recheck()
        try await self.mend(orders)
        try await self.raise()
    }

    /// How many transactions the balance pays for, at the present price; without one, how many coins it is.
    private func affordable(_ snapshot: SenderSnapshot) -> UInt64 {
        let price = self.quote?.limit ?? .zero
        guard let fee = price.multiplied(by: self.configuration.gasLimit),
            let cost = fee.adding(self.parts.faucet.configuration.amount), !cost.isZero,
            let count = snapshot.balance.divided(by: cost)?.quotient
        else { return 0 }
        // More than anybody can give out, and exact in Redis.
        return min(count.exact ?? .max, 1 << 40)
    }

    private func fields(_ snapshot: SenderSnapshot) -> [(String, String)] {
        [
            ("balance", snapshot.balance.decimal), ("pending_nonce", String(snapshot.pendingNonce)),
            ("fee", self.quote?.text ?? ""), ("window", String(self.machine.window.size)),
            ("replaying", String(self.replaying)),
        ]
    }

    /// Why the lane waits; `nil` when nothing is in its way.
    private var waiting: Waiting? {
        guard self.parts.faucet.isStoreKept else { return Waiting(.storeUnsafe) }
        if self.replaying > 0 {
            let hold = self.machine.hold.map { "; now \($0.rawValue)" } ?? ""
            let detail = "replaying \(self.replaying) of the chain before\(hold)"
            return Waiting(.replaying, detail, said: self.machine.hold == nil ? "" : self.refusal.said)
        }
        if self.isNew, let trouble = self.trouble, trouble.reason == .carryingOver { return trouble }
        if self.quote == nil { return Waiting(.noPrice) }
        if let hold = self.machine.hold { return Waiting(hold, self.refusal.detail, said: self.refusal.said) }
        if let trouble = self.trouble { return trouble }
        let now = LoopClock().now
        let silence = self.configuration.blockSilence
        if let head = self.head, head.since.duration(to: now) > silence,
            self.machine.isWaitingForBlock(silence, at: now)
        {
            return Waiting(.noBlock, "no block since number \(head.block.number)")
        }
        guard self.machine.isSent, self.machine.stall(at: now) > self.configuration.stall else { return nil }
        return Waiting(.notMined, "nonce \(self.machine.chainNonce) is not mined, whatever it offers")
    }

    /// Remembers the newest block, and finds out whether those before it are still what they were.
    private func note(_ block: ChainBlock) async {
        guard let (last, since) = self.head else {
            self.head = (block, LoopClock().now)
            return
        }
        self.head = (block, last.hash == block.hash ? since : LoopClock().now)
        guard last.hash != block.hash else { return }
        if block.number == last.number + 1, block.parent == last.hash { return }
        if block.number > last.number + 1 {
            // A missing answer proves nothing; reading again in vain does no harm.
            let before = try? await self.chain.blockHash(at: last.number)
            if before == last.hash { return }
        }
        self.isRecheckDue = true
        self.settledHead = nil
        self.walk = NonceWalk()
    }

    private func report(_ snapshot: SenderSnapshot, _ orders: LaneStore.Orders) {
        self.noteReplays(orders)
        let coin = Wei(1_000_000_000_000_000)
        let milli = snapshot.balance.divided(by: coin)?.quotient.exact ?? .max
        let counter = orders.counter ?? snapshot.nonce
        self.metrics.observed(
            balanceCoins: Double(milli) / 1000,
            openCount: orders.openCount,
            drift: Int64(clamping: counter) - Int64(clamping: snapshot.nonce),
            stallSeconds: self.machine.stall(at: LoopClock().now) / .seconds(1),
            replaying: self.replaying,
            window: self.machine.window.size
        )
        let isLow = milli / 1000 < self.configuration.warnCoins
        defer { self.isLow = isLow }
        if isLow, !self.isLow {
            self.logger.warning("The wallet runs low", metadata: self.metadata(["coins": "\(milli / 1000)"]))
        }
        if orders.raised > 0 {
            self.logger.warning(
                "Nonces were used that the faucet has not given out",
                metadata: self.metadata(["count": "\(orders.raised)"])
            )
            self.metrics.count("skipped", Int(clamping: orders.raised))
        }
    }

    private func noteReplays(_ orders: LaneStore.Orders) {
        let before = self.replaying
        // Replayed items that are open again, and lost ones that are not yet.
        self.replaying = orders.lost + self.machine.replayCount
        if before == 0, self.replaying > 0 {
            self.logger.warning("Replaying the chain before", metadata: self.metadata(["count": "\(self.replaying)"]))
        }
    }

    /// Does what an operator wants.
    private func follow(_ orders: LaneStore.Orders) async {
        if self.isPaused != orders.isPaused {
            self.isPaused = orders.isPaused
            self.logger.notice(orders.isPaused ? "Lane paused" : "Lane resumed", metadata: self.metadata())
        }
        if let rebroadcast = self.rebroadcast, rebroadcast != orders.rebroadcast { self.machine.resendAll() }
        self.rebroadcast = orders.rebroadcast
        var done: [String] = []
        // An item that is not loaded yet brings the wish along in its record.
        for id in orders.cancels {
            _ = self.machine.cancel(id)
            done.append(id)
        }
        await self.store.forgetCancels(done)
    }
}
