import Ethereum
import EthereumRPC
import Logging
import Timing

/// Nonces that others have used, and nonces that nobody uses.
extension LaneRun {
    /// Looks that must show the same hole: one node may only lag behind another.
    private static let holeLooksNeeded = 3
    /// Looks until a hole is filled with nothing: a transaction that was sent there may still come.
    private static let fillLooksNeeded = 60
    /// How long one look searches blocks.
    static let walkTime = Duration.seconds(1)

    /// None of an item's transactions is mined although its nonce is used up: it gets another nonce, once it is certain
    /// whose transaction has used it.
    ///
    /// A missing receipt proves nothing: a node may lag, and a store that was set back may have lost a hash.
    func miss(_ item: LaneItem) async throws(LaneStore.Failure) {
        guard self.machine.missed(item.nonce) else { return }
        switch await self.use(of: item) {
        case .found(let use): try await self.miss(item, use)
        case .searching(let detail): try await self.tell(item, "nonce \(item.nonce) is used; \(detail)")
        case .unknown(let detail):
            // An operator's word is the last one: nothing of the item is in any block, and no node tells more.
            guard !item.isCancelled else {
                self.logger.error("Ended on an operator's word", metadata: self.metadata(["id": "\(item.id)"]))
                return try await self.end(item)
            }
            try await self.tell(
                item,
                "nonce \(item.nonce) is used, by none of its transactions; \(detail); 'tally faucet cancel' ends it"
            )
        }
    }

    private func miss(_ item: LaneItem, _ use: NonceWalk.Use) async throws(LaneStore.Failure) {
        if let transaction = use.transaction {
            guard !item.hashes.contains(transaction.hash) else { return }
            let isNoop = transaction.recipient == self.sender && transaction.value.isZero
            let isCoin = transaction.recipient == item.address && transaction.value == item.amount
            if isCoin || isNoop && item.isCancelled {
                self.logger.warning("A transaction was forgotten", metadata: self.metadata(["id": "\(item.id)"]))
                return self.machine.adopt(transaction.hash, isNoop: !isCoin, for: item.nonce)
            }
        }
        // Until then it could be thrown out again, and ours be mined after all.
        guard let head = self.snapshot?.head.number, use.block + self.configuration.confirmations <= head else {
            return try await self.tell(item, "nonce \(item.nonce) is used by somebody else, in block \(use.block)")
        }
        self.logger.error(
            "A nonce was used by somebody else",
            metadata: self.metadata(["id": "\(item.id)", "nonce": "\(item.nonce)"])
        )
        self.metrics.count("foreign")
        guard !item.isFiller else { return try await self.end(item) }
        if let nonce = try await self.store.rebind(item) { self.machine.reload(from: nonce) }
        self.machine.remove(item.nonce)
    }

    /// Ends an item without a coin, and without a transaction of its own.
    private func end(_ item: LaneItem) async throws(LaneStore.Failure) {
        let step = LaneStore.Step(
            item: item,
            expected: Distribution.State.allCases,
            state: .failed,
            fields: [("reason", "cancelled")]
        )
        _ = try await self.advance("mined", [step])
        self.metrics.count("failed")
        self.machine.remove(item.nonce)
    }

    /// Writes down why an item waits by itself, and makes it the lane's reason.
    private func tell(_ item: LaneItem, _ detail: String) async throws(LaneStore.Failure) {
        if self.trouble == nil { self.trouble = Waiting(.nonceUsed, detail) }
        // The same each time until something is found out.
        guard self.walk.told.updateValue(detail, forKey: item.nonce) != detail else { return }
        self.logger.error(
            "No node tells who has used a nonce",
            metadata: self.metadata(["id": "\(item.id)", "nonce": "\(item.nonce)", "detail": "\(detail)"])
        )
        let step = LaneStore.Step(
            item: item,
            expected: [item.state],
            state: item.state,
            stamp: "waiting_since",
            fields: [("waiting", Waiting.Reason.nonceUsed.rawValue), ("waiting_detail", detail)]
        )
        _ = try await self.advance("told", [step])
    }

    // MARK: Searching

    /// Searches the chain: by the sender's nonce at ever earlier blocks, as long as the node has their state, and from
    /// there on block by block, which needs none.
    private func use(of item: LaneItem) async -> NonceWalk.Outcome {
        if let use = self.walk.uses[item.nonce] { return .found(use) }
        guard let head = self.snapshot?.head.number else { return .searching("the chain was not seen") }
        do throws(NodeError) {
            if self.walk.isBegun { return try await self.walked(item, from: head) }
            var (before, after, step) = (head, head, UInt64(1))
            guard try await self.isUsed(item.nonce, at: head) == true else { return .searching("the node lags") }
            repeat {
                before = head - min(head, step)
                step *= 2
                guard let isUsed = try await self.isUsed(item.nonce, at: before) else {
                    return try await self.walked(item, from: after)
                }
                guard isUsed else { break }
                after = before
            } while before > 0
            while after > before + 1 {
                let middle = before + (after - before) / 2
                guard let isUsed = try await self.isUsed(item.nonce, at: middle) else {
                    return try await self.walked(item, from: after)
                }
                if isUsed { after = middle } else { before = middle }
            }
            guard let block = try await self.chain.block(.number(after), isFull: true) else {
                return .searching("block \(after) is not told")
            }
            let transaction = block.transactions.first { $0.sender == self.sender && $0.nonce == item.nonce }
            return .found(NonceWalk.Use(block: after, transaction: transaction))
        } catch {
            self.logger.debug("The use of a nonce was not read", metadata: self.metadata(["error": "\(error)"]))
            return .searching(RPCWords.text(error))
        }
    }

    /// Whether a nonce was used up behind a block; `nil` when the node has no state of then.
    private func isUsed(_ nonce: UInt64, at block: UInt64) async throws(NodeError) -> Bool? {
        do throws(NodeError) {
            return try await self.chain.transactionCount(of: self.sender, .number(block)) > nonce
        } catch {
            guard case .fault(.refused(let refusal)) = error, !refusal.isRateLimit else { throw error }
            return nil
        }
    }

    /// Goes on backwards block by block, as many as one look has time for.
    private func walked(_ item: LaneItem, from block: UInt64) async throws(NodeError) -> NonceWalk.Outcome {
        self.walk.begin(at: block)
        while true {
            if let outcome = self.walk.outcome(for: item) { return outcome }
            guard LoopClock().now < self.walkLimit else {
                return .searching("its transaction is looked for, block by block")
            }
            let numbers = self.walk.numbers
            do throws(NodeError) {
                let blocks = try await self.chain.fullBlocks(numbers)
                guard self.walk.saw(blocks, of: self.sender) else {
                    return .searching("block \(numbers[0]) is not told")
                }
            } catch {
                guard case .tooLarge = error, self.walk.shrink() else { throw error }
            }
        }
    }

    /// The chain's next nonce is none of ours although later ones are given out: either the chain has gone back behind
    /// what is over, or the nonce has no distribution.
    ///
    /// Items that were over are open again, and the same bytes are sent again: nothing else is safe from paying twice.
    func mend(_ orders: LaneStore.Orders) async throws(LaneStore.Failure) {
        guard let counter = orders.counter, self.machine.hasHole(below: counter) else {
            self.holeLooks = 0
            return
        }
        let first = self.machine.chainNonce
        self.machine.reload(from: first)
        if try await self.store.take(from: first, count: 1).first?.nonce == first { return }
        self.holeLooks += 1
        self.trouble = self.trouble ?? Waiting(.nonceMissing, "the chain takes nonce \(first) next, and nobody has it")
        guard self.holeLooks >= Self.holeLooksNeeded else { return }
        for nonce in first..<min(counter, first + UInt64(Self.batchLimit)) {
            switch try await self.store.place(nonce, fills: self.holeLooks >= Self.fillLooksNeeded) {
            case .taken, .hole: return
            case .again:
                self.logger.error("The chain has lost a transaction", metadata: self.metadata(["nonce": "\(nonce)"]))
                self.metrics.count("reorganised")
            case .new:
                self.logger.error("A nonce is filled with nothing", metadata: self.metadata(["nonce": "\(nonce)"]))
                self.metrics.count("filled")
            }
        }
    }
}
