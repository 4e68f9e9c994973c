import Ethereum
import EthereumRPC
import Evidence
import Timing

/// The facts that the chain tells of some transactions.
struct ChainFacts: Sendable {
    struct Mined: Hashable, Sendable {
        let receipt: Receipt
        let transaction: ChainTransaction

        /// The sum that the transaction took from its sender with this fee; `nil` without one.
        func cost(paying fee: Wei?) -> Wei? {
            let isMoved = self.receipt.isSuccess && self.transaction.recipient != self.transaction.sender
            return fee?.adding(isMoved ? self.transaction.value : .zero)
        }

        var fee: Wei? { self.gasPrice?.multiplied(by: self.receipt.gasUsed) }

        /// The price of a unit of gas, as the receipt says, or else the transaction.
        var gasPrice: Wei? { self.receipt.gasPrice ?? self.transaction.gasPrice }
    }

    fileprivate(set) var mined: [Hash32: Mined] = [:]
    /// The transactions that no node could tell of.
    fileprivate(set) var unknown: Set<Hash32> = []
}

/// Reads the chain for an audit.
struct FaucetChainReader: Sendable {
    private static let tries = 5
    private static let pause = Duration.milliseconds(300)

    private let nodes: EthereumNodes
    private let chain: ChainClient

    /// Asks nodes that are of this chain.
    init(_ nodes: EthereumNodes, of chain: ChainIdentity) async throws(AuditError) {
        self.nodes = nodes
        self.chain = nodes.client(of: chain)
        nodes.use(chain)
        var left = Self.tries
        while true {
            left -= 1
            let verdict = await nodes.probe().verdict
            if verdict == .accepted { return }
            guard left > 0 else { throw AuditError(verdict) }
            try await Self.wait()
        }
    }

    /// An account behind the newest block.
    func account(
        _ address: Address
    ) async throws(AuditError) -> (head: UInt64, nonce: UInt64, balance: Wei) {
        // The node that answers second may not have that block yet, and refuses.
        try await self.attempt { () throws(NodeError) in
            guard let block = try await self.chain.block(.latest) else { throw .fault(.malformed) }
            let account = try await self.chain.account(address, at: block.number)
            return (block.number, account.nonce, account.balance)
        }
    }

    /// The number of the newest block.
    func head() async throws(AuditError) -> UInt64 {
        try await self.attempt { () throws(NodeError) in
            guard let block = try await self.chain.block(.latest) else { throw .fault(.malformed) }
            return block.number
        }
    }

    /// An account behind a block, or why the node does not say.
    func account(
        _ address: Address,
        at block: UInt64
    ) async throws(AuditError) -> Result<(nonce: UInt64, balance: Wei), RPCFault> {
        try await self.attempt { () throws(NodeError) in
            do throws(NodeError) { return .success(try await self.chain.account(address, at: block)) } catch {
                guard case .fault(let fault) = error else { throw error }
                return .failure(fault)
            }
        }
    }

    /// The outcomes of transactions; those that are not mined are in neither list.
    func facts(of hashes: some Sequence<Hash32>) async throws(AuditError) -> ChainFacts {
        let hashes = Array(Set(hashes))
        var facts = ChainFacts()
        guard !hashes.isEmpty else { return facts }
        let receipts = try await self.attempt { () throws(NodeError) in try await self.chain.receipts(hashes) }
        var mined: [(hash: Hash32, receipt: Receipt)] = []
        for (hash, result) in zip(hashes, receipts) {
            switch result {
            case .success(let receipt?): mined.append((hash, receipt))
            case .success(nil): break
            case .failure: facts.unknown.insert(hash)
            }
        }
        let names = mined.map(\.hash)
        let transactions = try await self.attempt { () throws(NodeError) in try await self.chain.transactions(names) }
        for ((hash, receipt), result) in zip(mined, transactions) {
            // A receipt without its transaction: the node has not got it all yet, or no longer.
            guard case .success(let transaction?) = result else {
                facts.unknown.insert(hash)
                continue
            }
            facts.mined[hash] = .init(receipt: receipt, transaction: transaction)
        }
        return facts
    }

    private func attempt<Answer: Sendable>(
        _ body: () async throws(NodeError) -> Answer
    ) async throws(AuditError) -> Answer {
        var left = Self.tries
        while true {
            left -= 1
            do throws(NodeError) { return try await body() } catch {
                guard left > 0 else { throw AuditError(error) }
                try await Self.wait()
                // A node that failed is not asked again before a probe says that it is back.
                await self.nodes.probe()
            }
        }
    }

    private static func wait() async throws(AuditError) {
        // Only cancellation ends a sleep early.
        do { try await Task.sleep(for: Self.pause, clock: .loop) } catch { throw AuditError(.notReached) }
    }
}

extension AuditError {
    fileprivate init(_ error: NodeError) {
        self = .unavailable("The chain cannot be read: \(error)")
    }

    /// Of no node being of the chain that the faucet's records are about.
    fileprivate init(_ verdict: ChainVerdict) {
        switch verdict {
        case .unreachable: self = .unavailable("No node answers")
        case .accepted: self = .unavailable("No node can be asked just now")
        case .changed: self = .unusable("The nodes are of another chain than the faucet's records")
        case .misplaced: self = .unusable("The nodes are of another chain than the settings name")
        case .divided:
            let text = "The nodes are of several chains, and none of them is that of the faucet's records"
            self = .unusable(text)
        }
    }
}
