package import JSON

/// The calls that tests make to a chain most often, and the ways to break it.
extension ChainNode {
    /// A result that is text: a quantity, a hash.
    package func text(_ method: String, _ parameters: String...) async throws -> String {
        let result = try await self.call(method, parameters: parameters)
        guard case .string(let text) = result else {
            throw NeverHappened(description: "\(method) answered \(result)")
        }
        return text
    }

    /// The balance as a quantity, `0x…`.
    package func balance(of address: String) async throws -> String {
        try await self.text("eth_getBalance", "\"\(address)\"", "\"latest\"")
    }

    /// How many transactions of the address are in blocks.
    package func nonce(of address: String) async throws -> Int {
        Self.number(try await self.text("eth_getTransactionCount", "\"\(address)\"", "\"latest\""))
    }

    package func blockNumber() async throws -> Int { Self.number(try await self.text("eth_blockNumber")) }

    /// The hash of block 0: another one is another chain.
    package func genesis() async throws -> String {
        guard case .object(let block) = try await self.call("eth_getBlockByNumber", "\"0x0\"", "false"),
            case .string(let hash) = block["hash"]
        else { throw NeverHappened(description: "there is no block 0") }
        return hash
    }

    /// The receipt, or nil while the transaction is not mined.
    package func receipt(of hash: String) async throws -> [String: JSONValue]? {
        guard case .object(let receipt) = try await self.call("eth_getTransactionReceipt", "\"\(hash)\"") else {
            return nil
        }
        return receipt
    }

    /// Adds blocks now, each with what the pool has for it.
    package func mine(_ count: Int = 1) async throws {
        for _ in 0..<count { try await self.call("evm_mine") }
    }

    /// Sends from one of the ten accounts, signed by the node, and returns the hash.
    ///
    /// Without `to` it makes a contract; `more` is more members of the transaction's object.
    @discardableResult
    package func send(
        from: String,
        to: String? = nil,
        value: String = "0x0",
        data: String = "0x",
        more: String = ""
    ) async throws -> String {
        let recipient = to.map { #","to":"\#($0)""# } ?? ""
        let rest = more.isEmpty ? "" : ",\(more)"
        return try await self.text(
            "eth_sendTransaction",
            #"{"from":"\#(from)"\#(recipient),"value":"\#(value)","data":"\#(data)"\#(rest)}"#
        )
    }

    /// Makes the address a contract that takes no coins: a transfer to it has the status 0.
    package func makeRejecting(_ address: String) async throws {
        // PUSH1 0, PUSH1 0, REVERT.
        try await self.call("hardhat_setCode", "\"\(address)\"", "\"0x60006000fd\"")
    }

    /// `balance` is a quantity, `0x…`.
    package func setBalance(_ address: String, to balance: String) async throws {
        try await self.call("hardhat_setBalance", "\"\(address)\"", "\"\(balance)\"")
    }

    /// Sets the price of gas from the next block on, in wei; nil is the rule of EIP-1559.
    package func setGasPrice(_ price: UInt64?) async throws {
        try await self.call("tally_setGasPrice", price.map { "\"0x\(String($0, radix: 16))\"" } ?? "null")
    }

    /// Scripts what goes wrong next: `{"on":"eth_sendRawTransaction","do":"drop-reply"}`.
    package func fault(_ scripts: String...) async throws {
        try await self.call("tally_fault", "[\(scripts.joined(separator: ","))]")
    }

    package func clearFaults() async throws { try await self.call("tally_clearFaults") }

    /// Another genesis, an empty chain, an empty pool; returns the new genesis's hash.
    @discardableResult
    package func reset() async throws -> String { try await self.text("tally_reset") }

    /// Replaces the last `depth` blocks by others, in which the transactions of `drop` are not.
    ///
    /// They are back in the pool if `requeues`, else the node has forgotten them.
    package func reorganize(depth: Int, dropping drop: [String] = [], requeues: Bool = false) async throws {
        let hashes = drop.map { "\"\($0)\"" }.joined(separator: ",")
        try await self.call("tally_reorg", #"{"depth":\#(depth),"drop":[\#(hashes)],"requeue":\#(requeues)}"#)
    }

    /// Forgets what waits to be mined.
    package func clearPool() async throws { try await self.call("tally_clearPool") }

    /// How often each method was called since the start.
    package func calls() async throws -> [String: Int] {
        guard case .object(let answer) = try await self.call("tally_calls"), case .object(let calls) = answer["calls"]
        else { throw NeverHappened(description: "tally_calls has no calls") }
        return calls.compactMapValues { value in
            if case .number(let text) = value { Int(text) } else { nil }
        }
    }

    /// The raw transactions that the node was sent since its start, in order, refused ones too.
    package func received() async throws -> [String] {
        guard case .object(let answer) = try await self.call("tally_calls"),
            case .array(let transactions) = answer["transactions"]
        else { throw NeverHappened(description: "tally_calls has no transactions") }
        return transactions.compactMap { transaction in
            guard case .object(let members) = transaction, case .string(let raw) = members["raw"] else { return nil }
            return raw
        }
    }

    private static func number(_ quantity: String) -> Int { Int(quantity.dropFirst(2), radix: 16) ?? -1 }
}
