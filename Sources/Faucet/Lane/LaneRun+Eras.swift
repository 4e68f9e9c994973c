import Ethereum
import EthereumRPC
import Logging
import Redis

/// The lane's part in a change of the chain: items of earlier eras, and items that the chain has lost.
extension LaneRun {
    /// Takes over what is left of this sender's lanes in earlier eras: it is not delivered on the chain that is.
    ///
    /// A transaction that a node still has may be mined there yet, and is waited for: then it is `false`, and nothing
    /// may be sent.
    func carryOver() async throws(LaneStore.Failure) -> Bool {
        var waitingCount = 0
        for number in stride(from: self.era.number - 1, through: max(1, self.era.number - 20), by: -1) {
            let old = LaneName(era: number, sender: self.sender)
            var first: UInt64 = 0
            while true {
                let items = try await self.store.take(from: first, count: Self.batchLimit, of: old)
                guard let last = items.last else { break }
                first = last.nonce + 1
                // Bytes of the old chain that reached the new one have done their work.
                guard let receipts = await self.receipts(items), let known = await self.waitingAtNode(items) else {
                    throw .store(.store(.notSent(.unreachable)))
                }
                waitingCount += try await self.carryOver(items, receipts, known, from: old)
            }
        }
        guard waitingCount > 0 else { return true }
        self.trouble = Waiting(.carryingOver, "a node has \(waitingCount) of the era before")
        return false
    }

    /// Transactions that a node has and that are in no block; `nil` when no node can tell.
    private func waitingAtNode(_ items: [LaneItem]) async -> Set<Hash32>? {
        let hashes = items.flatMap(\.hashes)
        do {
            let answers = try await self.chain.transactions(hashes)
            // One that cannot be told may be there.
            let there = zip(hashes, answers).filter { _, answer in
                if case .success(nil) = answer { false } else { true }
            }
            return Set(there.map(\.0))
        } catch { return nil }
    }

    /// Returns how many have to be waited for.
    private func carryOver(
        _ items: [LaneItem],
        _ receipts: [UInt64: Found],
        _ known: Set<Hash32>,
        from old: LaneName
    ) async throws(LaneStore.Failure) -> Int {
        var ended: [LaneStore.Step] = []
        var waitingCount = 0
        for item in items {
            if case .mined(let receipt) = receipts[item.nonce] {
                ended.append(self.step(item, receipt, isFinal: true))
            } else if item.state == .mined || item.isFiller {
                // It was delivered on the chain that is gone, like all that was confirmed there.
                ended.append(
                    LaneStore.Step(item: item, expected: [item.state], state: .confirmed, hash: item.minedHash)
                )
            } else if item.isReplay {
                ended.append(Self.asBefore(item))
            } else if case .unknown = receipts[item.nonce] {
                waitingCount += 1
            } else if !known.isDisjoint(with: item.hashes) {
                waitingCount += 1
            } else {
                _ = try await self.store.rebind(item, from: old)
                self.metrics.count("carried")
            }
        }
        _ = try await self.store.advance("carried", ended, in: old)
        self.machine.reload(from: 0)
        return waitingCount
    }

    /// The step that ends an item as it had ended on the chain before.
    private static func asBefore(_ item: LaneItem) -> LaneStore.Step {
        let words = item.again.split(separator: " ", maxSplits: 1)
        let state = words.first.flatMap { Distribution.State(rawValue: String($0)) } ?? .confirmed
        return LaneStore.Step(
            item: item,
            expected: [item.state],
            state: state,
            hash: item.hash,
            fields: words.count == 2 ? [("reason", String(words[1]))] : []
        )
    }

    // MARK: Blocks that were replaced

    /// Compares what has ended with the chain, when blocks were replaced: the newest first, as long as there is a
    /// difference.
    ///
    /// The same transaction in another block only corrects the record. One that is in none, although its nonce is used
    /// up, is open again.
    func recheck() async throws(LaneStore.Failure) {
        guard self.isRecheckDue, let nonce = self.snapshot?.nonce else { return }
        var end = nonce
        while end > 0 {
            let start = end - min(end, UInt64(Self.batchLimit))
            let items = try await self.store.take(from: start, count: Self.batchLimit, isOver: true).filter { item in
                (start..<end).contains(item.nonce) && item.state.isTerminal && item.minedHash != nil
            }
            guard !items.isEmpty else { break }
            guard let receipts = await self.receipts(items, in: Set(items.compactMap(\.block)).sorted()) else { return }
            guard try await self.correct(items, receipts) else { break }
            end = start
        }
        self.isRecheckDue = false
    }

    /// Whether the block that had an item is not in the chain any more: nodes forget receipts of blocks that are.
    private func isReplaced(_ item: LaneItem) async -> Bool {
        guard let block = item.block, let hash = item.blockHash else { return false }
        do { return try await self.chain.blockHash(at: block) != hash } catch { return false }
    }

    /// Returns whether anything was another than in the records.
    private func correct(_ items: [LaneItem], _ receipts: [UInt64: Found]) async throws(LaneStore.Failure) -> Bool {
        var steps: [LaneStore.Step] = []
        var isReopened = false
        for item in items {
            switch receipts[item.nonce] {
            case .mined(let receipt):
                guard receipt.blockHash != item.blockHash || receipt.transaction != item.minedHash else { continue }
                steps.append(self.step(item, receipt, isFinal: true))
            case .missing:
                guard await self.isReplaced(item), try await self.store.place(item.nonce, fills: false) == .again else {
                    continue
                }
                self.machine.reload(from: item.nonce)
                self.metrics.count("reorganised")
                isReopened = true
            case .unknown, nil: continue
            }
        }
        guard !steps.isEmpty else { return isReopened }
        self.logger.warning(
            "Transactions are in other blocks than before",
            metadata: self.metadata(["count": "\(steps.count)"])
        )
        _ = try await self.store.advance("corrected", steps)
        return true
    }
}
