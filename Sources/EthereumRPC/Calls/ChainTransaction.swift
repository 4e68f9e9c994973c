package import Ethereum
import JSON

/// A transaction as a node knows it: mined, or waiting in its pool.
package struct ChainTransaction: Hashable, Sendable {
    package let hash: Hash32
    package let sender: Address
    package let nonce: UInt64
    /// `nil` when it makes a contract.
    package let recipient: Address?
    package let value: Wei
    /// The price of a unit of gas in its block, or its offer while it waits; `nil` from nodes that do not tell.
    package let gasPrice: Wei?
    /// `nil` while it waits.
    package let block: UInt64?

    init?(_ value: JSONValue) {
        guard let hash = value["hash"]?.hash, let sender = value["from"]?.address,
            let nonce = value["nonce"]?.quantity, let amount = value["value"]?.wei
        else { return nil }
        let recipient = value["to"].flatMap { $0 == .null ? nil : $0 }
        let block = value["blockNumber"].flatMap { $0 == .null ? nil : $0 }
        self.hash = hash
        self.sender = sender
        self.nonce = nonce
        self.recipient = recipient?.address
        self.value = amount
        self.gasPrice = value["gasPrice"]?.wei
        self.block = block?.quantity
        guard (recipient == nil) == (self.recipient == nil), (block == nil) == (self.block == nil) else { return nil }
    }
}
