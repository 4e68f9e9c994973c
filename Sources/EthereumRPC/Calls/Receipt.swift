package import Ethereum
import JSON

/// The proof that a transaction was mined, and how it ended.
package struct Receipt: Hashable, Sendable {
    package let transaction: Hash32
    /// Whether it did what it was for: a transfer whose recipient refuses it is mined too, and delivers nothing.
    package let isSuccess: Bool
    package let blockNumber: UInt64
    package let blockHash: Hash32
    package let gasUsed: UInt64
    /// Wei for each unit of gas; `nil` from nodes that do not tell.
    package let gasPrice: Wei?

    init?(_ value: JSONValue) {
        guard let transaction = value["transactionHash"]?.hash, let status = value["status"]?.quantity, status <= 1,
            let blockNumber = value["blockNumber"]?.quantity, let blockHash = value["blockHash"]?.hash,
            let gasUsed = value["gasUsed"]?.quantity
        else { return nil }
        self.transaction = transaction
        self.isSuccess = status == 1
        self.blockNumber = blockNumber
        self.blockHash = blockHash
        self.gasUsed = gasUsed
        self.gasPrice = value["effectiveGasPrice"]?.wei
    }

    /// Whether a receipt is of a block: some nodes make one for what is still waiting.
    static func isMined(_ value: JSONValue) -> Bool {
        guard case .object(let members) = value, let block = members["blockNumber"] else { return false }
        return block != .null
    }
}
