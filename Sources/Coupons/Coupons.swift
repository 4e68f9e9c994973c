package import Coordination
import RESP
package import Redis
import Synchronization

/// Coupons: exactly N of each campaign, whatever dies in between.
package struct Coupons: Sendable {
    let redis: any RedisClient
    let commits: CommitPump
    let guardian: StoreGuard
    let clock: ServerClock
    package let keeper: CodeKeeper
    package let configuration: CouponsConfiguration
    let servesUnsafeStore: Bool
    let failpoints: Failpoints
    let leased = LeasedCampaigns()
    let metrics = CouponMetrics()

    package init(
        redis: any RedisClient,
        commits: CommitPump,
        guardian: StoreGuard,
        clock: ServerClock,
        keeper: CodeKeeper,
        configuration: CouponsConfiguration,
        servesUnsafeStore: Bool = false,
        failpoints: Failpoints = Failpoints()
    ) {
        self.redis = redis
        self.commits = commits
        self.guardian = guardian
        self.clock = clock
        self.keeper = keeper
        self.configuration = configuration
        self.servesUnsafeStore = servesUnsafeStore
        self.failpoints = failpoints
    }

    // MARK: Asking Redis

    /// Whether Redis keeps what it is told through the death of its process, or the operator does not mind.
    package var isStoreSafe: Bool {
        switch self.guardian.verdict {
        case .unknown: false
        case .kept: true
        case .broken: self.servesUnsafeStore || self.guardian.keepsJournal
        }
    }

    /// The error when Redis does not have what an earlier answer of it named.
    ///
    /// Damage, unless a failover may have taken it back: then the request may be repeated. One round trip.
    func missing() async -> CouponError {
        await self.guardian.isSettled() ? .storeInconsistent : .store(.outcomeUnknown(.demoted))
    }

    func ensureStore() throws(CouponError) {
        guard !self.isStoreSafe else { return }
        throw self.guardian.verdict == .unknown ? .store(.notSent(.notConnected)) : .storeUnsafe
    }

    /// Runs one step's script, with the failpoints `coupons.<name>.before` and `.after` around it; answers its words.
    func step(_ name: String, _ call: RedisScriptCall) async throws(CouponError) -> StepReply {
        if await self.failpoints.pass("coupons.\(name).before") { throw .store(.outcomeUnknown(.closed)) }
        let reply: RESPValue
        do { reply = try await self.commits.commit(call, self.configuration.durability).reply } catch {
            switch error {
            case .store(let error): throw CouponError(error)
            case .notReplicated(let given, _):
                // A reply that changed nothing needs no replica.
                let word = StepReply(given)?.word ?? ""
                guard StepReply.changing.contains(word) else { return try Self.read(given) }
                throw .appliedNotDurable
            }
        }
        if await self.failpoints.pass("coupons.\(name).after") { throw .store(.outcomeUnknown(.closed)) }
        return try Self.read(reply)
    }

    private static func read(_ reply: RESPValue) throws(CouponError) -> StepReply {
        guard let read = StepReply(reply) else { throw .storeInconsistent }
        return read
    }

    func send(_ command: RedisCommand) async throws(CouponError) -> RESPValue {
        do { return try await self.redis.send(command, within: nil) } catch { throw CouponError(error) }
    }

    /// Commands in one write; the first error is thrown.
    func send(_ commands: [RedisCommand]) async throws(CouponError) -> [RESPValue] {
        var replies: [RESPValue] = []
        for result in await self.redis.send(commands, within: nil) {
            do { replies.append(try result.get()) } catch { throw CouponError(error) }
        }
        return replies
    }
}

/// A script's reply: a word, and the values that go with it.
struct StepReply {
    /// Words of scripts that changed something, or found that it was changed before.
    static let changing: Set<String> = [
        "issued", "replayed", "new", "ok", "lent", "taken", "given", "returned", "known",
    ]

    let word: String
    private let rest: ArraySlice<RESPValue>

    init?(_ reply: RESPValue) {
        guard let words = reply.array, let word = words.first?.string else { return nil }
        self.word = word
        self.rest = words.dropFirst()
    }

    func text(_ index: Int) throws(CouponError) -> String {
        guard let value = self.value(index) else { throw .storeInconsistent }
        switch value {
        case .integer(let number): return String(number)
        default:
            guard let text = value.string else { throw .storeInconsistent }
            return text
        }
    }

    func number(_ index: Int) throws(CouponError) -> Int64 {
        guard let number = self.value(index)?.integerValue else { throw .storeInconsistent }
        return number
    }

    private func value(_ index: Int) -> RESPValue? {
        self.rest.indices.contains(index + 1) ? self.rest[index + 1] : nil
    }
}

/// Campaigns that are known to be leased, so that their issues go to a part at once.
final class LeasedCampaigns: Sendable {
    private static let limit = 10_000

    private let ids = Mutex<Set<CampaignID>>([])

    func contains(_ id: CampaignID) -> Bool { self.ids.withLock { $0.contains(id) } }

    func insert(_ id: CampaignID) {
        self.ids.withLock { ids in
            if ids.count >= Self.limit { ids.removeAll() }
            ids.insert(id)
        }
    }

    func remove(_ id: CampaignID) { _ = self.ids.withLock { $0.remove(id) } }
}
