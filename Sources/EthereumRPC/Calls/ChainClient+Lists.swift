package import Ethereum
import JSON

/// Questions of audits: about many transactions, and about the past.
extension ChainClient {
    /// Transactions in their order; `nil` for one that this node does not know.
    ///
    /// One that cannot be told stands for itself: the others are good.
    package func transactions(
        _ hashes: [Hash32]
    ) async throws(NodeError) -> [Result<ChainTransaction?, RPCFault>] {
        let answers = try await self.call(hashes.map { .transaction($0) })
        return zip(hashes, answers).map { hash, answer in
            answer.flatMap { value in
                guard value != .null else { return .success(nil) }
                guard let transaction = ChainTransaction(value), transaction.hash == hash else {
                    return .failure(.malformed)
                }
                return .success(transaction)
            }
        }
    }

    /// The state of an account right behind a block, as one node says; nodes that keep no old states refuse.
    package func account(
        _ address: Address,
        at block: UInt64
    ) async throws(NodeError) -> (nonce: UInt64, balance: Wei) {
        let tag = BlockTag.number(block)
        let answers = try await self.call([.transactionCount(address, tag), .balance(address, tag)])
        switch (answers[0], answers[1]) {
        case (.success(let count), .success(let amount)):
            guard let nonce = count.quantity, let balance = amount.wei else { throw .fault(.malformed) }
            return (nonce, balance)
        case (.failure(let fault), _), (_, .failure(let fault)): throw .fault(fault)
        }
    }
}
