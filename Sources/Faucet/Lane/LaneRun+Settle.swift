import Coordination
import Ethereum
import EthereumRPC
import Logging
import Redis
import Timing

/// The end of transactions on the chain: mined, confirmed, thrown out, stuck, or overtaken by a stranger's.
extension LaneRun {
    /// Looks for the receipts of all items whose nonces are used up.
    func settle() async throws(LaneStore.Failure) {
        for item in self.machine.reorganised { try await self.unmine(item) }
        let items = self.machine.toSettle
        guard !items.isEmpty else {
            self.settledHead = self.snapshot?.head.number
            return
        }
        guard let receipts = await self.receipts(items, in: self.unsettledBlocks) else { return }
        let isAllMined = items.allSatisfy { if case .mined = receipts[$0.nonce] { true } else { false } }
        if isAllMined { self.settledHead = self.snapshot?.head.number }
        var steps: [LaneStore.Step] = []
        for item in items {
            switch receipts[item.nonce] {
            case .mined(let receipt):
                self.machine.mined(item.nonce, as: receipt.transaction, in: receipt.blockNumber, receipt.blockHash)
                let isFinal = self.configuration.confirmations == 0
                let step = self.step(item, receipt, isFinal: isFinal)
                // A transaction that delivers nothing is told when it is certain: nobody must take it for a coin.
                if isFinal || step.isDelivered { steps.append(step) }
            case .missing: try await self.miss(item)
            case .unknown, nil: break
            }
        }
        try await self.write("mined", steps)
    }

    /// The blocks in which the items may be mined; none when that is not known.
    private var unsettledBlocks: [UInt64] {
        guard let settled = self.settledHead, let head = self.snapshot?.head.number, head > settled,
            head - settled <= UInt64(BlockReceiptsUse.blockLimit)
        else { return [] }
        return Array(settled + 1...head)
    }

    /// Makes sure of items that are deep enough.
    func confirm() async throws(LaneStore.Failure) {
        guard self.configuration.confirmations > 0 else { return }
        let items = self.machine.toConfirm
        let blocks = Set(items.compactMap(\.block)).sorted()
        guard !items.isEmpty, let receipts = await self.receipts(items, in: blocks) else { return }
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

    enum Found {
        case mined(Receipt)
        /// The node knows no receipt of any of its transactions.
        case missing
        case unknown
    }

    /// The receipt of each item, by nonce; `nil` when no node can tell.
    ///
    /// They are probably in `blocks`; that saves a node work.
    func receipts(_ items: [LaneItem], in blocks: [UInt64] = []) async -> [UInt64: Found]? {
        let hashes = items.flatMap(\.hashes)
        let answers: [Result<Receipt?, RPCFault>]
        do { answers = try await self.chain.receipts(hashes, in: blocks) } catch {
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

    func step(_ item: LaneItem, _ receipt: Receipt, isFinal: Bool) -> LaneStore.Step {
        let isNoop = item.noops.contains(receipt.transaction)
        let isDelivered = receipt.isSuccess && !isNoop
        var fields = [
            ("block", String(receipt.blockNumber)), ("block_hash", receipt.blockHash.text),
            ("mined_hash", receipt.transaction.text), ("gas_used", String(receipt.gasUsed)),
            ("hashes", Self.text(item.hashes)), ("noops", Self.text(item.noops)),
        ]
        if let price = receipt.gasPrice ?? Self.price(item, receipt) { fields.append(("gas_price", price.decimal)) }
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

    /// The price that a transaction with a gas price has paid, for nodes that do not tell: it is the price that it
    /// offered.
    private static func price(_ item: LaneItem, _ receipt: Receipt) -> Wei? {
        guard receipt.transaction == item.hash, case .legacy(let gasPrice) = item.fee else { return nil }
        return gasPrice
    }

    func write(_ name: String, _ steps: [LaneStore.Step]) async throws(LaneStore.Failure) {
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
}
