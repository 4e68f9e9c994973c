import Ethereum
import EthereumRPC
import Logging

/// Nonces that others have used, and nonces that nobody uses.
extension LaneRun {
    /// Looks that must show the same hole: one node may only lag behind another.
    private static let holeLooksNeeded = 3
    /// Looks until a hole is filled with nothing: what was sent there may still come.
    private static let fillLooksNeeded = 60

    /// None of an item's transactions is mined although its nonce is used up: it gets another nonce, once it is certain
    /// whose transaction has used it.
    ///
    /// That no receipt is found proves nothing: a node may lag, and a store that was set back may have lost a hash.
    func miss(_ item: LaneItem) async throws(LaneStore.Failure) {
        guard self.machine.missed(item.nonce) else { return }
        guard let use = await self.use(of: item.nonce) else {
            guard item.misses % 64 == 63 else { return }
            return self.logger.error(
                "No node tells who has used a nonce",
                metadata: self.metadata(["id": "\(item.id)", "nonce": "\(item.nonce)"])
            )
        }
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
            return
        }
        self.logger.error(
            "A nonce was used by somebody else",
            metadata: self.metadata(["id": "\(item.id)", "nonce": "\(item.nonce)"])
        )
        self.metrics.count("foreign")
        if item.isFiller {
            let step = LaneStore.Step(
                item: item,
                expected: Distribution.State.allCases,
                state: .failed,
                fields: [("reason", "cancelled")]
            )
            _ = try await self.advance("mined", [step])
        } else if let nonce = try await self.store.rebind(item) {
            self.machine.reload(from: nonce)
        }
        self.machine.remove(item.nonce)
    }

    /// The block in which a nonce was used up, and the transaction; without one, something else in the block did it.
    private struct Use {
        let block: UInt64
        let transaction: ChainTransaction?
    }

    /// Searches the chain, backwards from its head in ever longer steps; `nil` when no node can tell.
    private func use(of nonce: UInt64) async -> Use? {
        guard let head = self.snapshot?.head.number else { return nil }
        do throws(RPCError) {
            var (before, after, step) = (head, head, UInt64(1))
            guard try await self.isUsed(nonce, at: head) else { return nil }
            repeat {
                before = head - min(head, step)
                step *= 2
                guard try await self.isUsed(nonce, at: before) else { break }
                after = before
            } while before > 0
            while after > before + 1 {
                let middle = before + (after - before) / 2
                if try await self.isUsed(nonce, at: middle) { after = middle } else { before = middle }
            }
            guard let block = try await self.chain.block(.number(after), isFull: true) else { return nil }
            let transaction = block.transactions.first { $0.sender == self.sender && $0.nonce == nonce }
            return Use(block: after, transaction: transaction)
        } catch {
            self.logger.debug("The use of a nonce was not read", metadata: self.metadata(["error": "\(error)"]))
            return nil
        }
    }

    private func isUsed(_ nonce: UInt64, at block: UInt64) async throws(RPCError) -> Bool {
        try await self.chain.transactionCount(of: self.sender, .number(block)) > nonce
    }

    /// The chain's next nonce is none of ours although later ones are given out: either the chain has gone back behind
    /// what is over, or the nonce has no distribution.
    ///
    /// What was over is open again, and the same bytes are sent again: nothing else is safe from paying twice.
    func mend(_ orders: LaneStore.Orders) async throws(LaneStore.Failure) {
        guard let counter = orders.counter, self.machine.hasHole(below: counter) else {
            self.holeLooks = 0
            return
        }
        let first = self.machine.chainNonce
        self.machine.reload(from: first)
        if try await self.store.take(from: first, count: 1).first?.nonce == first { return }
        self.holeLooks += 1
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
