package import Ethereum
import JSON

/// Questions whose answers have a type. Each is answered by one node.
extension ChainClient {
    /// Head, nonce, balance and prices, all of one node: in one answer, if it takes so many calls at once.
    package func snapshot(
        of sender: Address,
        wantsPriorityFee: Bool = true
    ) async throws(NodeError) -> SenderSnapshot {
        var batch: [RPCRequest] = [
            .block(.latest), .transactionCount(sender, .latest), .balance(sender, .latest),
            .transactionCount(sender, .pending), .gasPrice,
        ]
        if wantsPriorityFee { batch.append(.priorityFee) }
        let answered = try await self.nodes.call(batch, of: self.chain, isSending: false)
        let answers = answered.answers
        guard let head = ChainBlock(try Self.value(answers[0])),
            let nonce = try Self.value(answers[1]).quantity, let balance = try Self.value(answers[2]).wei
        else { throw .fault(.malformed) }
        self.nodes.saw(answered.node, head: head.number)
        return SenderSnapshot(
            head: head,
            nonce: nonce,
            pendingNonce: Self.optional(answers[3])?.quantity ?? nonce,
            balance: balance,
            gasPrice: Self.optional(answers[4])?.wei,
            priorityFee: wantsPriorityFee ? Self.optional(answers[5])?.wei : nil
        )
    }

    /// The receipts of transactions, in their order; `nil` for one that this node does not know to be mined.
    ///
    /// One that cannot be told stands for itself: the others are good.
    package func receipts(_ hashes: [Hash32]) async throws(NodeError) -> [Result<Receipt?, RPCFault>] {
        let answers = try await self.call(hashes.map { .receipt($0) })
        return Self.read(hashes, answers)
    }

    /// The same for transactions that are probably in these blocks: by block, where the node can do that and it is less
    /// work, and one by one what was not found so.
    package func receipts(
        _ hashes: [Hash32],
        in blocks: [UInt64]
    ) async throws(NodeError) -> [Result<Receipt?, RPCFault>] {
        let known = await self.receipts(of: blocks, for: Set(hashes))
        let rest = known.isEmpty ? hashes : hashes.filter { known[$0] == nil }
        let answers = rest.isEmpty ? [] : try await self.receipts(rest)
        let byHash = Dictionary(zip(rest, answers)) { first, _ in first }
        return hashes.map { hash in known[hash].map { .success($0) } ?? byHash[hash] ?? .failure(.missing) }
    }

    /// All receipts of blocks that are wanted; none when nodes are rather asked one by one.
    private func receipts(of blocks: [UInt64], for wanted: Set<Hash32>) async -> [Hash32: Receipt] {
        guard self.nodes.wantsBlockReceipts(wanted.count, blocks: blocks.count, of: self.chain) else { return [:] }
        let answered: EthereumNodes.Answered
        do throws(NodeError) {
            let requests = blocks.map { RPCRequest.blockReceipts($0) }
            answered = try await self.nodes.call(requests, of: self.chain, isSending: false)
        } catch {
            // They can be had one by one.
            return [:]
        }
        var found: [Hash32: Receipt] = [:]
        var count = 0
        for answer in answered.answers {
            if case .failure(.refused(let refusal)) = answer, refusal.isMethodMissing {
                self.nodes.toldBlockReceipts(answered.node, nil)
                return found
            }
            guard case .success(let value) = answer, let items = value.items else { continue }
            count += items.count
            for item in items {
                guard let receipt = Receipt(item), wanted.contains(receipt.transaction) else { continue }
                found[receipt.transaction] = receipt
            }
        }
        self.nodes.toldBlockReceipts(answered.node, (count, found.count))
        return found
    }

    private static func read(
        _ hashes: [Hash32],
        _ answers: [Result<JSONValue, RPCFault>]
    ) -> [Result<Receipt?, RPCFault>] {
        zip(hashes, answers).map { hash, answer in
            answer.flatMap { value in
                guard value != .null, Receipt.isMined(value) || value["transactionHash"] == nil else {
                    return .success(nil)
                }
                guard let receipt = Receipt(value), receipt.transaction == hash else { return .failure(.malformed) }
                return .success(receipt)
            }
        }
    }

    /// A transaction that the node knows, mined or waiting.
    package func transaction(_ hash: Hash32) async throws(NodeError) -> ChainTransaction? {
        let value = try await self.one(.transaction(hash))
        guard value != .null else { return nil }
        guard let transaction = ChainTransaction(value), transaction.hash == hash else { throw .fault(.malformed) }
        return transaction
    }

    /// Blocks with their transactions, in their order; `nil` for one that the node does not tell.
    package func fullBlocks(_ numbers: [UInt64]) async throws(NodeError) -> [ChainBlock?] {
        let answers = try await self.call(numbers.map { .block(.number($0), isFull: true) })
        return zip(numbers, answers).map { number, answer in
            guard case .success(let value) = answer, let block = ChainBlock(value), block.number == number else {
                return nil
            }
            return block
        }
    }

    /// A block, or `nil` when the chain is not that high.
    package func block(_ tag: BlockTag, isFull: Bool = false) async throws(NodeError) -> ChainBlock? {
        let value = try await self.one(.block(tag, isFull: isFull))
        guard value != .null else { return nil }
        guard let block = ChainBlock(value) else { throw .fault(.malformed) }
        if case .number(let number) = tag, block.number != number { throw .fault(.malformed) }
        return block
    }

    package func blockHash(at number: UInt64) async throws(NodeError) -> Hash32? {
        try await self.block(.number(number))?.hash
    }

    package func transactionCount(of address: Address, _ tag: BlockTag) async throws(NodeError) -> UInt64 {
        guard let count = try await self.one(.transactionCount(address, tag)).quantity else {
            throw .fault(.malformed)
        }
        return count
    }

    package func balance(of address: Address, _ tag: BlockTag = .latest) async throws(NodeError) -> Wei {
        guard let balance = try await self.one(.balance(address, tag)).wei else { throw .fault(.malformed) }
        return balance
    }

    private func one(_ request: RPCRequest) async throws(NodeError) -> JSONValue {
        try Self.value(try await self.call([request])[0])
    }

    private static func value(_ answer: Result<JSONValue, RPCFault>) throws(NodeError) -> JSONValue {
        switch answer {
        case .success(let value): return value
        case .failure(let fault): throw .fault(fault)
        }
    }

    /// For what not every chain has: a refusal is no answer, and no failure.
    private static func optional(_ answer: Result<JSONValue, RPCFault>) -> JSONValue? {
        guard case .success(let value) = answer else { return nil }
        return value
    }
}
