package import Coordination
package import Ethereum
import RESP
package import Redis
import Web

/// Coins for addresses: admitted at once, with a nonce for good; sent by lanes, in order, until each is mined.
package struct Faucet: Sendable {
    let redis: any RedisClient
    let commits: CommitPump
    let guardian: StoreGuard
    let clock: ServerClock
    package let configuration: FaucetConfiguration
    let servesUnsafeStore: Bool
    let failpoints: Failpoints
    let metrics = FaucetMetrics()

    package init(
        redis: any RedisClient,
        commits: CommitPump,
        guardian: StoreGuard,
        clock: ServerClock,
        configuration: FaucetConfiguration,
        servesUnsafeStore: Bool = false,
        failpoints: Failpoints = Failpoints()
    ) {
        self.redis = redis
        self.commits = commits
        self.guardian = guardian
        self.clock = clock
        self.configuration = configuration
        self.servesUnsafeStore = servesUnsafeStore
        self.failpoints = failpoints
    }

    // MARK: Asking Redis

    /// Runs one step's script, with the failpoints `faucet.<name>.before` and `.after` around it.
    func step(_ name: String, _ call: RedisScriptCall) async throws(FaucetError) -> RESPValue {
        if await self.failpoints.pass("faucet.\(name).before") { throw .store(.outcomeUnknown(.closed)) }
        let reply: RESPValue
        do { reply = try await self.commits.commit(call, self.configuration.durability).reply } catch {
            switch error {
            case .store(let error): throw FaucetError(error)
            case .notReplicated(let given, _):
                // A reply that changed nothing needs no replica.
                let changing = ["new", "replayed", "ok", "again"]
                guard changing.contains(given.array?.first?.string ?? "") else { return given }
                throw .appliedNotDurable
            }
        }
        if await self.failpoints.pass("faucet.\(name).after") { throw .store(.outcomeUnknown(.closed)) }
        return reply
    }

    /// Whether Redis keeps what it is told, or the operator does not mind.
    var isStoreKept: Bool {
        if case .broken = self.guardian.verdict { return self.servesUnsafeStore }
        return true
    }

    func send(_ command: RedisCommand) async throws(FaucetError) -> RESPValue {
        do { return try await self.redis.send(command, within: nil) } catch { throw FaucetError(error) }
    }

    // MARK: Reading

    /// A distribution as it stands; `nil` when there is none, or no longer.
    ///
    /// One round trip.
    package func distribution(_ id: String) async throws(FaucetError) -> Distribution? {
        try Self.read(id, try await self.send(Self.command(id)))
    }

    private static func command(_ id: String) -> RedisCommand {
        RedisCommand("HMGET", [.key(FaucetKeys.distribution(id))] + Distribution.fields.map { .text($0) })
    }

    private static func read(_ id: String, _ reply: RESPValue) throws(FaucetError) -> Distribution? {
        guard let values = reply.array, values.first != .null else { return nil }
        guard let distribution = Distribution(id, values) else { throw .storeInconsistent }
        return distribution
    }

    /// Why distributions are not over, by id; distributions that are over are left out.
    ///
    /// One round trip, none when all are over.
    package func waiting(_ distributions: [Distribution]) async throws(FaucetError) -> [String: Waiting] {
        let open = distributions.filter { !$0.state.isTerminal }
        guard !open.isEmpty else { return [:] }
        let lanes = Array(Set(open.map { LaneName(era: $0.era, sender: $0.sender) }))
        let fields = LaneSight.fields.map { RedisArgument.text($0) }
        let commands =
            [RedisCommand("TIME"), RedisCommand("HGET", .key(FaucetKeys.era), "number")]
            + lanes.map { RedisCommand("HMGET", [.key(FaucetKeys.lane($0))] + fields) }
        var replies: [RESPValue] = []
        for result in await self.redis.send(commands, within: nil) {
            do { replies.append(try result.get()) } catch { throw FaucetError(error) }
        }
        guard let now = ServerTime(timeReply: replies[0]) else { throw .storeInconsistent }
        let sights = replies.dropFirst(2).map { LaneSight(($0.array ?? []).map(\.string)) }
        let byLane = Dictionary(uniqueKeysWithValues: zip(lanes, sights))
        var waiting: [String: Waiting] = [:]
        for distribution in open {
            guard let sight = byLane[LaneName(era: distribution.era, sender: distribution.sender)] else { continue }
            waiting[distribution.id] = distribution.waiting(for: sight, era: replies[1].integerValue, at: now)
        }
        return waiting
    }

    /// Distributions to one address, newest first.
    package struct Page: Sendable {
        package let distributions: [Distribution]
        /// The cursor behind which the next page begins; `nil` when there is none.
        package let cursor: String?
    }

    /// A page of the distributions to an address, behind `cursor`.
    ///
    /// Three round trips at most. A distribution that can no longer be looked up is left out. `nil` when `cursor` is
    /// none of this address's: an empty page would look like the end.
    package func list(
        _ address: Address,
        after cursor: String?,
        limit: Int
    ) async throws(FaucetError) -> Page? {
        let key = FaucetKeys.list(address)
        var first: Int64 = 0
        if let cursor {
            let rank = try await self.send(RedisCommand("ZREVRANK", .key(key), .text(cursor)))
            guard let rank = rank.integerValue else { return nil }
            first = rank + 1
        }
        let range = RedisCommand("ZREVRANGE", .key(key), .integer(Int(first)), .integer(Int(first) + limit))
        let ids = (try await self.send(range).array ?? []).compactMap(\.string)
        let shown = ids.prefix(limit)
        var distributions: [Distribution] = []
        for (id, result) in zip(shown, await self.redis.send(shown.map(Self.command), within: nil)) {
            let reply: RESPValue
            do { reply = try result.get() } catch { throw FaucetError(error) }
            if let distribution = try Self.read(id, reply) { distributions.append(distribution) }
        }
        return Page(distributions: distributions, cursor: ids.count > limit ? shown.last : nil)
    }
}
