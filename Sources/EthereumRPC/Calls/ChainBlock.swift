package import Ethereum
import JSON

/// A block's header, as far as we look at it, and its transactions when they were asked for.
package struct ChainBlock: Hashable, Sendable {
    package let number: UInt64
    package let hash: Hash32
    package let parent: Hash32
    /// Seconds since 1970.
    package let timestamp: UInt64
    /// The least price of a unit of gas in the block; `nil` on chains without EIP-1559.
    package let baseFee: Wei?
    /// Empty when only their hashes were asked for.
    package let transactions: [ChainTransaction]

    init?(_ value: JSONValue) {
        guard let number = value["number"]?.quantity, let hash = value["hash"]?.hash,
            let parent = value["parentHash"]?.hash, let timestamp = value["timestamp"]?.quantity
        else { return nil }
        let fee = value["baseFeePerGas"].flatMap { $0 == .null ? nil : $0 }
        var transactions: [ChainTransaction] = []
        for item in value["transactions"]?.items ?? [] where item.text == nil {
            guard let transaction = ChainTransaction(item) else { return nil }
            transactions.append(transaction)
        }
        self.number = number
        self.hash = hash
        self.parent = parent
        self.timestamp = timestamp
        self.baseFee = fee?.wei
        self.transactions = transactions
        // A fee that cannot be read is not the same as none.
        guard fee == nil || self.baseFee != nil else { return nil }
    }
}
