/// The methods that we call.
package enum NodeMethod: String, CaseIterable, Hashable, Sendable {
    case chainID = "eth_chainId"
    case block = "eth_getBlockByNumber"
    case transactionCount = "eth_getTransactionCount"
    case balance = "eth_getBalance"
    case gasPrice = "eth_gasPrice"
    case priorityFee = "eth_maxPriorityFeePerGas"
    case send = "eth_sendRawTransaction"
    case receipt = "eth_getTransactionReceipt"
    case blockReceipts = "eth_getBlockReceipts"
    case transaction = "eth_getTransactionByHash"
}
