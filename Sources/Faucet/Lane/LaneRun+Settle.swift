import Coordination
import Ethereum
import EthereumRPC
import Logging
import Redis
import Timing

/// What becomes of transactions on the chain: mined, confirmed, thrown out, stuck, or overtaken by a stranger's.
extension LaneRun {
    /// Looks for the receipts of all items whose nonces are used up.
    func settle() async throws(LaneStore.Failure) {
        for item in self.machine.reorganised { try await self.unmine(item) }
        let items = self.machine.toSettle
        guard !items.isEmpty, let receipts = await self.receipts(items) else { return }
        var steps: [LaneStore.Step] = []
        for item in items {
            switch receipts[item.nonce] {
            case .mined(let receipt):
                self.machine.mined(item.nonce, as: receipt.transaction, in: receipt.blockNumber, receipt.blockHash)
                let isFinal = self.configuration.confirmations == 0
                let step = self.step(item, receipt, isFinal: isFinal)
                // What delivers nothing is told when it is certain: nobody must take it for a coin.
                if isFinal || step.isDelivered { steps.append(step) }
            case .missing: try await self.miss(item)
            case .unknown, nil: break
            }
        }
        try await self.write("mined", steps)
    }

    /// Makes sure of items that are deep enough.
    func confirm() async throws(LaneStore.Failure) {
        guard self.configuration.confirmations > 0 else { return }
        let items = self.machine.toConfirm
        guard !items.isEmpty, let receipts = await self.receipts(items) else { return }
        var steps: [LaneStore.Step] = []
        for item in items {
            switch receipts[item.nonce] {
            case .mined(let receipt):
                let isSame = receipt.blockHash == item.blockHash && receipt.transaction == item.minedHash
                self.machine.mined(item.nonce, as: receipt.transaction, in: receipt.blockNumber, receipt.blockHash)
                // In another block it has to wait again.
                if isSame { steps.append(self.step(item, receipt, isFinal: true)) }
            case .missing: try await self.unmine(item)
            case .unknown, nil: break
            }
        }
        try await self.write("confirmed", steps)
    }

    private enum Found {
        case mined(Receipt)
        /// The node knows no receipt of any of its transactions.
        case missing
        case unknown
    }

    /// What the chain says of each item, by nonce; `nil` when no node can tell.
    private func receipts(_ items: [LaneItem]) async -> [UInt64: Found]? {
        let hashes = items.flatMap(\.hashes)
        let answers: [Result<Receipt?, RPCFault>]
        do { answers = try await self.chain.receipts(hashes) } catch {
            self.logger.debug("Receipts not read", metadata: self.metadata(["error": "\(error)"]))
            return nil
        }
        let byHash = Dictionary(zip(hashes, answers)) { first, _ in first }
        var found: [UInt64: Found] = [:]
        for item in items {
            found[item.nonce] = .missing
            for hash in item.hashes {
                switch byHash[hash] {
                case .success(let receipt?):
                    found[item.nonce] = .mined(receipt)
                case .success(nil): continue
                case .failure, nil:
                    if case .missing = found[item.nonce] { found[item.nonce] = .unknown }
                }
            }
        }
        return found
    }

    private func step(_ item: LaneItem, _ receipt: Receipt, isFinal: Bool) -> LaneStore.Step {
        let isNoop = item.noops.contains(receipt.transaction)
        let isDelivered = receipt.isSuccess && !isNoop
        var fields = [
            ("block", String(receipt.blockNumber)), ("block_hash", receipt.blockHash.text),
            ("mined_hash", receipt.transaction.text), ("gas_used", String(receipt.gasUsed)),
            ("hashes", Self.text(item.hashes)), ("noops", Self.text(item.noops)),
        ]
        if let price = receipt.gasPrice { fields.append(("gas_price", price.decimal)) }
        if isFinal, !isDelivered { fields.append(("reason", isNoop ? "cancelled" : "reverted")) }
        return LaneStore.Step(
            item: item,
            expected: Distribution.State.allCases,
            state: !isFinal ? .mined : isDelivered ? .confirmed : .failed,
            hash: receipt.transaction,
            block: receipt.blockNumber,
            stamp: "mined",
            isDelivered: isDelivered,
            fields: fields
        )
    }

    private func write(_ name: String, _ steps: [LaneStore.Step]) async throws(LaneStore.Failure) {
        for (step, isDone) in zip(steps, try await self.advance(name, steps)) {
            guard isDone else {
                self.forget(step.item)
                continue
            }
            self.metrics.count(step.state.rawValue)
            if step.state.isTerminal { self.machine.remove(step.item.nonce) }
            if step.state == .failed {
                self.logger.warning(
                    "A distribution ended without a coin",
                    metadata: self.metadata(["id": "\(step.item.id)", "hash": "\(step.hash?.text ?? "")"])
                )
            }
        }
    }

    /// The chain has gone back behind an item: the same bytes are sent again.
    private func unmine(_ item: LaneItem) async throws(LaneStore.Failure) {
        self.logger.warning("A transaction was thrown out", metadata: self.metadata(["id": "\(item.id)"]))
        self.metrics.count("reorganised")
        let step = LaneStore.Step(item: item, expected: [.mined, .submitted], state: .submitted, hash: item.hash)
        guard try await self.advance("unmined", [step]) == [true] else { return self.forget(item) }
        self.machine.unmined(item.nonce)
    }

    /// The first item has been stuck for too long: it offers more, and so do those that would be stuck next.
    func raise() async throws(LaneStore.Failure) {
        let head = self.snapshot?.head
        let items = self.machine.toRaise(at: LoopClock().now, price: head?.baseFee ?? self.snapshot?.gasPrice)
        guard !items.isEmpty else { return }
        self.machine.raised(at: LoopClock().now)
        var raised: [(LaneItem, Fee?)] = []
        for item in items {
            guard let fee = item.fee?.raised(atLeast: self.quote, cap: self.raiseLimit) else {
                self.logger.error(
                    "A stuck transaction may offer no more",
                    metadata: self.metadata(["id": "\(item.id)"])
                )
                break
            }
            self.logger.warning(
                "A stuck transaction offers more",
                metadata: self.metadata(["id": "\(item.id)", "fee": "\(fee.text)"])
            )
            raised.append((item, fee))
        }
        self.metrics.count("raised", raised.count)
        try await self.sign(raised)
    }

    /// Takes over what is left of this sender's lanes in earlier eras: it is not delivered on the chain that is.
    func carryOver() async throws(LaneStore.Failure) {
        for number in stride(from: self.era.number - 1, through: max(1, self.era.number - 20), by: -1) {
            let old = LaneName(era: number, sender: self.sender)
            while true {
                let items = try await self.store.take(from: 0, count: Self.batchLimit, of: old)
                guard !items.isEmpty else { break }
                // Bytes of the old chain that reached the new one have done their work.
                guard let receipts = await self.receipts(items) else {
                    throw .store(.store(.notSent(.unreachable)))
                }
                try await self.carryOver(items, receipts, from: old)
            }
        }
    }

    private func carryOver(
        _ items: [LaneItem],
        _ receipts: [UInt64: Found],
        from old: LaneName
    ) async throws(LaneStore.Failure) {
        var ended: [LaneStore.Step] = []
        for item in items {
            if case .mined(let receipt) = receipts[item.nonce] {
                ended.append(self.step(item, receipt, isFinal: true))
            } else if item.state == .mined || item.isFiller {
                // It was delivered on the chain that is gone, like all that was confirmed there.
                ended.append(
                    LaneStore.Step(item: item, expected: [item.state], state: .confirmed, hash: item.minedHash)
                )
            } else {
                _ = try await self.store.rebind(item, from: old)
                self.metrics.count("carried")
            }
        }
        _ = try await self.store.advance("carried", ended, in: old)
        self.machine.reload(from: 0)
    }
}
