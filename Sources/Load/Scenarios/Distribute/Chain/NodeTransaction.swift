package import Ethereum
import JSON

/// A transaction as a node has it, with what its receipt says.
package struct NodeTransaction: Hashable, Sendable {
    package let from: Address
    /// Nil when it makes a contract.
    package let to: Address?
    package let value: Wei
    package let nonce: UInt64
    /// Nil while there is no receipt.
    package let hasSucceeded: Bool?

    package init(from: Address, to: Address?, value: Wei, nonce: UInt64, hasSucceeded: Bool?) {
        self.from = from
        self.to = to
        self.value = value
        self.nonce = nonce
        self.hasSucceeded = hasSucceeded
    }

    /// Reads the answers of `eth_getTransactionByHash` and `eth_getTransactionReceipt`.
    init?(_ transaction: JSONValue, receipt: JSONValue) {
        guard let from = transaction["from"]?.address, let value = transaction["value"]?.quantity,
            let nonce = transaction["nonce"]?.quantity?.exact
        else { return nil }
        self.from = from
        self.to = transaction["to"]?.address
        self.value = value
        self.nonce = nonce
        switch receipt {
        case .null: self.hasSucceeded = nil
        default:
            guard let status = receipt["status"]?.quantity else { return nil }
            self.hasSucceeded = status == Wei(1)
        }
    }
}
