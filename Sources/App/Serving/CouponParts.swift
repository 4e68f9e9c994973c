import Connect
import Coordination
import CouponAPI
import Coupons
import Ledger
import Logging
import Redis
import ServiceLifecycle
import Web

/// The parts that make coupons in one process.
struct CouponParts {
    let coupons: Coupons
    private let settings: CouponsSettings
    private let redis: RedisNode

    init(
        _ configuration: AppConfiguration,
        redis: RedisNode,
        commits: CommitPump,
        guardian: StoreGuard,
        clock: ServerClock
    ) {
        self.settings = configuration.coupons
        self.redis = redis
        self.coupons = Coupons(
            redis: redis,
            commits: commits,
            guardian: guardian,
            clock: clock,
            keeper: CodeKeeper(redis: redis, configured: configuration.coupons.codeKeys),
            configuration: configuration.coupons.coupons,
            servesUnsafeStore: configuration.ledger.servesUnsafeStore,
            failpoints: Failpoints(configuration.payments.failpoints)
        )
    }

    /// Adds the routes; returns the hot ones and what only a listener needs.
    func listen(
        _ router: inout WebRouter,
        drain: DrainSignal,
        isReady: @escaping @Sendable () -> Bool
    ) -> (hot: [any HotRoute], services: [any Service]) {
        RPCServer(
            services: CouponService(self.coupons, log: AdminLog(redis: self.redis)).services,
            descriptors: [CouponAPI.descriptors],
            health: isReady,
            configuration: self.settings.connect,
            drain: drain
        ).add(to: &router)
        let waiting = WaitingIssues(self.coupons)
        let hot = [CouponService.name, CouponService.seedName].map { name in
            IssueHotRoute(self.coupons, service: name, node: self.redis, waiting: waiting)
        }
        return (hot, [waiting])
    }
}
