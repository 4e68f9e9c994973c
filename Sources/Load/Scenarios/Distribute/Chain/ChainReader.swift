package import Ethereum
import JSON

/// Asks a node of the chain, in batches of JSON-RPC; changes nothing there.
///
/// Owned by one task.
package struct ChainReader {
    private struct Call {
        let method: String
        /// Text without anything to escape.
        let parameters: [String]
    }

    /// Calls in one request: 100, or as many as the node takes.
    private var batchLimit = 100

    private var http: ExchangeReader

    package init(_ http: ExchangeReader) { self.http = http }

    package mutating func close() { self.http.close() }

    /// The balances of addresses by the newest block.
    package mutating func balances(of addresses: [Address]) async throws(LoadError) -> [Wei] {
        let calls = addresses.map { Call(method: "eth_getBalance", parameters: [$0.lowercased, "latest"]) }
        var balances: [Wei] = []
        for result in try await self.answers(to: calls) {
            guard let balance = result.quantity else { throw Self.unreadable("eth_getBalance") }
            balances.append(balance)
        }
        return balances
    }

    /// The transactions with these hashes as the node knows them; nil for one that it does not know.
    package mutating func transactions(_ hashes: [Hash32]) async throws(LoadError) -> [NodeTransaction?] {
        let calls = hashes.flatMap { hash in
            ["eth_getTransactionByHash", "eth_getTransactionReceipt"].map { Call(method: $0, parameters: [hash.text]) }
        }
        let results = try await self.answers(to: calls)
        var transactions: [NodeTransaction?] = []
        for place in hashes.indices {
            guard results[2 * place] != .null else {
                transactions.append(nil)
                continue
            }
            guard let transaction = NodeTransaction(results[2 * place], receipt: results[2 * place + 1]) else {
                throw Self.unreadable("eth_getTransactionByHash or eth_getTransactionReceipt")
            }
            transactions.append(transaction)
        }
        return transactions
    }

    /// Whether the node has no transaction of these senders that is in no block yet.
    package mutating func isQuiet(_ senders: [Address]) async throws(LoadError) -> Bool {
        let calls = senders.flatMap { sender in
            ["latest", "pending"]
                .map { Call(method: "eth_getTransactionCount", parameters: [sender.lowercased, $0]) }
        }
        let results = try await self.answers(to: calls)
        return senders.indices.allSatisfy { results[2 * $0].quantity == results[2 * $0 + 1].quantity }
    }

    /// The results in the order of the calls.
    private mutating func answers(to calls: [Call]) async throws(LoadError) -> [JSONValue] {
        var results: [JSONValue] = []
        while results.count < calls.count {
            let part = calls[results.count...].prefix(self.batchLimit)
            do throws(LoadError) { results += try await self.batch(part) } catch {
                // Public nodes take few calls at once, and say so in many ways; one call alone is refused for itself.
                guard case .cannotCheck = error, part.count > 1 else { throw error }
                self.batchLimit = part.count / 2
            }
        }
        return results
    }

    private mutating func batch(_ calls: ArraySlice<Call>) async throws(LoadError) -> [JSONValue] {
        let texts = zip(calls.indices, calls).map { place, call in
            let parameters = call.parameters.map { "\"\($0)\"" }.joined(separator: ",")
            return #"{"jsonrpc":"2.0","id":\#(place),"method":"\#(call.method)","params":[\#(parameters)]}"#
        }
        let method = calls.first?.method ?? "nothing"
        let question = ExchangeRequest(
            path: "/",
            change: ExchangeRequest.Change(key: nil, body: .json("[\(texts.joined(separator: ","))]"))
        )
        let answer = try await self.http.ask(question, as: "\(method) of the chain")
        guard answer.status == 200 else { throw .cannotCheck("\(method) of the chain: status \(answer.status)") }
        // Why it cannot be read does not matter here, only that it cannot.
        guard case .array(let items)? = try? JSONParser.parse(answer.body) else { throw Self.unreadable(method) }
        return try Self.results(items, calls)
    }

    /// A node may answer a batch in any order.
    private static func results(_ items: [JSONValue], _ calls: ArraySlice<Call>) throws(LoadError) -> [JSONValue] {
        var answers: [Int: JSONValue] = [:]
        for item in items {
            if let place = item["id"]?.number.flatMap({ Int($0) }) { answers[place] = item }
        }
        var results: [JSONValue] = []
        for (place, call) in zip(calls.indices, calls) {
            guard let result = answers[place]?["result"] else {
                let message = answers[place]?["error"]?["message"]?.text ?? "no result"
                throw .cannotCheck("\(call.method) of the chain: \(message.prefix(200))")
            }
            results.append(result)
        }
        return results
    }

    private static func unreadable(_ method: String) -> LoadError {
        .cannotCheck("\(method) of the chain: the answer cannot be read")
    }
}
