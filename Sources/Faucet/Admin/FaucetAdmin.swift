import Coordination
package import Ethereum
import EthereumRPC
import RESP
package import Redis

/// The operator's view of the faucet, and the actions that change it, from any process.
package struct FaucetAdmin: Sendable {
    /// Wakes that are kept; more than any lane is behind.
    private static let wakesKept = 1024

    let redis: any RedisClient

    package init(redis: any RedisClient) {
        self.redis = redis
    }

    // MARK: Orders

    /// Lets no more distributions in, and nothing more be sent; of all senders without `sender`.
    ///
    /// Transactions that a node has already are mined all the same. Returns the senders that are paused now: none when
    /// `sender` pays nothing here. Two round trips.
    @discardableResult
    package func pause(_ sender: Address? = nil) async throws(FaucetError) -> [Address] {
        try await self.tell(sender) { RedisCommand("HSET", .key($0), "paused", "1") }
    }

    /// Lets distributions in and sends again.
    ///
    /// Two round trips.
    @discardableResult
    package func resume(_ sender: Address? = nil) async throws(FaucetError) -> [Address] {
        try await self.tell(sender) { RedisCommand("HDEL", .key($0), "paused") }
    }

    /// Has everything that is not mined sent again, byte for byte.
    ///
    /// Two round trips.
    @discardableResult
    package func rebroadcast(_ sender: Address? = nil) async throws(FaucetError) -> [Address] {
        // A lane sees that it is another number.
        try await self.tell(sender) { RedisCommand("HINCRBY", .key($0), "rebroadcast", 1) }
    }

    /// The answer to the wish to cancel a distribution.
    package enum Cancellation: Hashable, Sendable {
        /// Its nonce is to be used up by a transaction of nothing. The chain decides which of the two is mined.
        case asked
        /// It is too late: it is mined, or over.
        case over(Distribution.State)
        case gone
    }

    /// Asks for a distribution to be cancelled.
    ///
    /// Two round trips; safe to repeat.
    package func cancel(_ id: String) async throws(FaucetError) -> Cancellation {
        guard OperationID.isValid(id) else { throw .idInvalid }
        let place = RedisCommand("HMGET", .key(FaucetKeys.distribution(id)), "era", "sender")
        let words = try await self.send(place).array ?? []
        guard words.count == 2, let era = words[0].integerValue,
            let sender = words[1].string.flatMap({ Address(hex: $0) })
        else { return .gone }
        let call = RedisScriptCall(
            .faucetCancel,
            keys: [
                FaucetKeys.distribution(id), FaucetKeys.cancels(LaneName(era: era, sender: sender)), FaucetKeys.wakes,
            ],
            arguments: [.text(id), .text(sender.lowercased)]
        )
        let reply: RESPValue
        do { reply = try await self.redis.run(call) } catch { throw FaucetError(error) }
        let answer = (reply.array ?? []).map { $0.string ?? "" }
        switch (answer.first, answer.count) {
        case ("asked", _): return .asked
        case ("gone", _): return .gone
        case ("over", 2):
            guard let state = Distribution.State(rawValue: answer[1]) else { throw .storeInconsistent }
            return .over(state)
        default: throw .storeInconsistent
        }
    }

    /// Begins a new era on the present chain: an ended distribution counts as delivered on a chain that is gone, and is
    /// not sent again; an open one is sent with a nonce of the new era.
    ///
    /// For a chain that was started anew and has the same genesis as before. On a chain that was not, nothing is paid
    /// twice: transactions of the era before that a node has are waited for. Returns the new era and how many go over
    /// to it. Three round trips; not safe to repeat.
    package func beginEra() async throws(FaucetError) -> (era: Era, openCount: Int) {
        let (known, senders) = try await self.senders()
        guard let known else { throw .notReady }
        var openCount = 0
        for sender in senders {
            let key = FaucetKeys.open(LaneName(era: known.number, sender: sender))
            openCount += Int(clamping: try await self.send(RedisCommand("ZCARD", .key(key))).integerValue ?? 0)
        }
        let call = RedisScriptCall(
            .faucetEra,
            keys: [FaucetKeys.era],
            arguments: [
                .text(known.fence), .text(String(known.chain.id)), .text(known.chain.genesis.text),
            ]
        )
        let reply: RESPValue
        do { reply = try await self.redis.run(call) } catch { throw FaucetError(error) }
        guard let number = reply.array?.first?.string.flatMap({ Int64($0) }) else { throw .storeInconsistent }
        return (Era(number: number, chain: known.chain), openCount)
    }

    /// Writes into lanes, and tells them.
    private func tell(
        _ sender: Address?,
        _ change: (String) -> RedisCommand
    ) async throws(FaucetError) -> [Address] {
        let (era, senders) = try await self.senders()
        guard let era else { throw .notReady }
        let chosen = senders.filter { $0 == sender ?? $0 }
        var commands: [RedisCommand] = []
        // Each is safe to repeat, so that they need not be one script.
        for sender in chosen {
            commands.append(change(FaucetKeys.lane(LaneName(era: era.number, sender: sender))))
            commands.append(
                RedisCommand(
                    "XADD",
                    .key(FaucetKeys.wakes),
                    "MAXLEN",
                    "~",
                    .integer(Self.wakesKept),
                    "*",
                    "sender",
                    .text(sender.lowercased)
                )
            )
        }
        _ = try await self.send(commands)
        return chosen
    }

    // MARK: Asking Redis

    /// The era that is, and who pays in it.
    func senders() async throws(FaucetError) -> (era: Era?, senders: [Address]) {
        let replies = try await self.send([
            RedisCommand("HMGET", .key(FaucetKeys.era), "number", "chain_id", "genesis"),
            RedisCommand("SMEMBERS", .key(FaucetKeys.senders)),
        ])
        let words = (replies[0].array ?? []).map { $0.string ?? "" }
        let senders = (replies[1].array ?? []).compactMap { $0.string.flatMap { Address(hex: $0) } }
            .sorted { $0.lowercased < $1.lowercased }
        guard words.count == 3, !words[0].isEmpty else { return (nil, senders) }
        guard let number = Int64(words[0]), let id = UInt64(words[1]), let genesis = Hash32(hex: words[2]) else {
            throw .storeInconsistent
        }
        return (Era(number: number, chain: ChainIdentity(id: id, genesis: genesis)), senders)
    }

    func send(_ command: RedisCommand) async throws(FaucetError) -> RESPValue {
        do { return try await self.redis.send(command) } catch { throw FaucetError(error) }
    }

    /// Sends commands in one write; fails with the first that does.
    func send(_ commands: [RedisCommand]) async throws(FaucetError) -> [RESPValue] {
        var replies: [RESPValue] = []
        for result in await self.redis.send(commands) {
            do { replies.append(try result.get()) } catch { throw FaucetError(error) }
        }
        return replies
    }
}
