import Ethereum
import Foundation
import JSON

/// The JSON-RPC of a ``FakeFaucet``'s chain: batches, answered backwards.
///
/// As public nodes do, it takes few calls at once.
enum FakeChain {
    private static let batchLimit = 20

    static func answer(_ body: String, _ state: FakeFaucet.State) -> FakeLedgerAnswer {
        guard case .array(let calls)? = try? JSONParser.parse(Array(body.utf8)), calls.count <= Self.batchLimit else {
            return FakeLedgerAnswer(400, "")
        }
        let answers = calls.reversed()
            .map { call in
                guard case .object(let call) = call, case .number(let id)? = call["id"],
                    case .string(let method)? = call["method"], case .array(let parameters)? = call["params"],
                    case .string(let first)? = parameters.first
                else { return "{}" }
                let isPending = parameters.last == .string("pending")
                return #"{"jsonrpc":"2.0","id":\#(id),"result":\#(Self.result(method, first, isPending, state))}"#
            }
        return FakeLedgerAnswer(200, "[\(answers.joined(separator: ","))]")
    }

    private static func result(
        _ method: String,
        _ parameter: String,
        _ isPending: Bool,
        _ state: FakeFaucet.State
    ) -> String {
        let now = Date().timeIntervalSince1970
        let mined = state.transactions.values.filter { $0.minedAt <= now }
        switch method {
        case "eth_getBalance":
            guard let address = Address(hex: parameter) else { return "null" }
            return "\"\(Self.balance(address, mined, state.extra).quantity)\""
        case "eth_getTransactionCount":
            let senders = (isPending ? Array(state.transactions.values) : mined).filter {
                $0.from.lowercased == parameter && $0.minedAt < 1e17
            }
            return "\"\(Wei(UInt64(senders.count)).quantity)\""
        case "eth_getTransactionByHash":
            guard let transaction = Hash32(hex: parameter).flatMap({ state.transactions[$0] }) else { return "null" }
            return #"{"from":"\#(transaction.from.lowercased)","to":"\#(transaction.to.lowercased)","#
                + #""value":"\#(transaction.value.quantity)","nonce":"0x\#(String(transaction.nonce, radix: 16))"}"#
        case "eth_getTransactionReceipt":
            let transaction = Hash32(hex: parameter).flatMap { state.transactions[$0] }
            guard let transaction, transaction.minedAt <= now else { return "null" }
            return #"{"status":"\#(transaction.isSuccessful ? "0x1" : "0x0")"}"#
        default: return "null"
        }
    }

    private static func balance(
        _ address: Address,
        _ mined: [FakeFaucet.Transaction],
        _ extra: [Address: Int]
    ) -> Wei {
        // Enough for all that goes wrong downwards.
        var balance = Wei(decimal: "90000000000000000000000") ?? .zero
        for transaction in mined where transaction.to == address && transaction.isSuccessful {
            balance = balance.adding(transaction.value) ?? balance
        }
        let extra = extra[address, default: 0]
        let coins = Wei(decimal: "1000000000000000000")?.multiplied(by: UInt64(extra.magnitude)) ?? .zero
        if extra < 0 { return balance.subtracting(coins) ?? balance }
        return balance.adding(coins) ?? balance
    }
}
