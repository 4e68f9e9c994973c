import Coordination
import Coupons
import Logging
import NIOPosix
import Redis
import ServiceLifecycle
import Support

/// Coupons around one real Redis, all in this process.
struct CouponsFixture: Sendable {
    let server: RedisServer
    let node: RedisNode
    let coupons: Coupons
    let failpoints: Failpoints

    struct Options: Sendable {
        var coupons = CouponsConfiguration()
        var keys: [CodeKey] = []
        var failpoints: [String] = []
        var appendFsync = "everysec"
        var appendOnly = true

        init() {}
    }

    static func with(
        _ options: Options = Options(),
        on given: RedisServer? = nil,
        _ body: @Sendable @escaping (CouponsFixture) async throws -> Void
    ) async throws {
        var redisOptions = RedisServer.Options()
        redisOptions.appendOnly = options.appendOnly
        redisOptions.appendFsync = options.appendFsync
        let server = try given ?? RedisServer(redisOptions)
        defer { if given == nil { server.kill() } }
        let logger = CapturedLogs().logger()
        let node = RedisNode(
            configuration: try RedisConfiguration(url: server.url),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: logger
        )
        let clock = ServerClock(redis: node, logger: logger)
        let guardian = StoreGuard(redis: node, interval: .milliseconds(50), logger: logger)
        let pump = CommitPump(node: node, configuration: CommitPump.Configuration())
        let failpoints = Failpoints(options.failpoints.compactMap { Failpoints.Rule($0) })
        let fixture = CouponsFixture(
            server: server,
            node: node,
            coupons: Coupons(
                redis: node,
                commits: pump,
                guardian: guardian,
                clock: clock,
                keeper: CodeKeeper(redis: node, configured: options.keys),
                configuration: options.coupons,
                failpoints: failpoints
            ),
            failpoints: failpoints
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            for service in [node, clock, guardian, pump] as [any Service] {
                group.addTask { try await service.run() }
            }
            group.addTask {
                try await eventually { node.isReady && clock.isKnown && guardian.verdict != .unknown }
                try await body(fixture)
                throw Finished()
            }
            do { while try await group.next() != nil {} } catch is Finished {}
            group.cancelAll()
        }
    }

    private struct Finished: Error {}

    // MARK: Short words for tests

    func create(
        _ quota: Int64,
        start: ServerTime? = nil,
        end: ServerTime? = nil,
        userLimit: Int64 = 0,
        mode: Campaign.Mode = .exact,
        requestID: String? = nil
    ) async throws -> CampaignID {
        var order = try CampaignOrder(
            name: "a campaign",
            start: start,
            end: end,
            quota: quota,
            userLimit: userLimit,
            mode: mode,
            quotaLimit: 1_000_000_000
        )
        order.claim = requestID.map { order.claim(caller: "test", requestID: $0) }
        return try await self.coupons.create(order).id
    }

    func issue(_ id: CampaignID, user: String = "", requestID: String? = nil) async throws -> IssuedCoupon {
        try await self.coupons.issue(
            try IssueOrder(campaign: id.number, user: user, requestID: requestID, caller: "test")
        )
    }

    /// How an issue ended: its code, or why there is none.
    func outcome(
        _ id: CampaignID,
        user: String = "",
        requestID: String? = nil
    ) async -> Result<CouponCode, CouponError> {
        do { return .success(try await self.issue(id, user: user, requestID: requestID).code) } catch {
            return .failure(error as? CouponError ?? .storeInconsistent)
        }
    }

    /// Redis's time.
    func now() async throws -> ServerTime {
        let reply = try await self.node.send(RedisCommand("TIME"), within: nil)
        return ServerTime(timeReply: reply) ?? ServerTime(milliseconds: 0)
    }
}
