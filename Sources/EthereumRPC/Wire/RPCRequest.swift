package import Ethereum
import JSON

/// One call of one method, with its parameters as JSON text.
package struct RPCRequest: Hashable, Sendable {
    package let method: NodeMethod
    /// A JSON array, brackets included.
    package let parameters: String
    /// Bytes that its answer may have.
    package let answerLimit: Int

    /// `parameters` must be JSON: it is sent as it is.
    package init(_ method: NodeMethod, parameters: String, answerLimit: Int = 4096) {
        self.method = method
        self.parameters = parameters
        self.answerLimit = answerLimit
    }

    package static let chainID = RPCRequest(.chainID, parameters: "[]")
    package static let genesis = RPCRequest.block(.number(0))
    package static let gasPrice = RPCRequest(.gasPrice, parameters: "[]")
    package static let priorityFee = RPCRequest(.priorityFee, parameters: "[]")

    /// A block with the hashes of its transactions, or with the transactions themselves.
    package static func block(_ tag: BlockTag, isFull: Bool = false) -> RPCRequest {
        // A hash is 70 bytes, a transaction seldom under 500.
        let limit = isFull ? 16 * 1024 * 1024 : 1024 * 1024
        return RPCRequest(.block, parameters: "[\"\(tag.text)\",\(isFull)]", answerLimit: limit)
    }

    package static func transactionCount(_ address: Address, _ tag: BlockTag) -> RPCRequest {
        RPCRequest(.transactionCount, parameters: "[\"\(address.lowercased)\",\"\(tag.text)\"]")
    }

    package static func balance(_ address: Address, _ tag: BlockTag) -> RPCRequest {
        RPCRequest(.balance, parameters: "[\"\(address.lowercased)\",\"\(tag.text)\"]")
    }

    package static func receipt(_ hash: Hash32) -> RPCRequest {
        // A contract that is paid may write logs.
        RPCRequest(.receipt, parameters: "[\"\(hash.text)\"]", answerLimit: 64 * 1024)
    }

    /// The receipts of all transactions of a block.
    package static func blockReceipts(_ number: UInt64) -> RPCRequest {
        RPCRequest(
            .blockReceipts,
            parameters: "[\"\(BlockTag.number(number).text)\"]",
            answerLimit: 16 * 1024 * 1024
        )
    }

    package static func transaction(_ hash: Hash32) -> RPCRequest {
        RPCRequest(.transaction, parameters: "[\"\(hash.text)\"]", answerLimit: 300 * 1024)
    }

    /// A signed transaction as `0x…`; the text goes out as it is.
    package static func send(_ raw: String) -> RPCRequest {
        // Quoting looks at every scalar, and what we signed ourselves is digits only.
        let isPlain = raw.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        }
        let quoted = isPlain ? "\"\(raw)\"" : JSONText.quoted(raw)
        // Hardhat's refusals repeat the call's data.
        return RPCRequest(.send, parameters: "[\(quoted)]", answerLimit: 8 * 1024)
    }
}
