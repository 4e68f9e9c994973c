import Access
import Coordination
import Ethereum
import Faucet
import Ledger
import Logging
import Metrics
import NIOCore
import NIOPosix
import Outbound
import Redis
import ServiceLifecycle
import Synchronization
import TLS
import Telemetry
import Timing
import Uniques
import Web

/// Everything that one process is made of, wired once.
struct Composition {
    let configuration: AppConfiguration
    let logger: Logger
    let registry: PrometheusRegistry
    let eventLoopGroup: MultiThreadedEventLoopGroup
    let redis: RedisNode
    let clock: ServerClock
    let outbound: OutboundClient
    let counts: UniquesCounts
    let guardian: StoreGuard
    let commits: CommitPump
    let ledger: Ledger
    let payments: PaymentParts
    let faucet: FaucetParts
    let coupons: CouponParts
    let observer: RequestObserver
    /// `nil` where everybody may do everything.
    let keys: KeyTable?
    let drain = DrainSignal()
    /// With one the public listener speaks TLS.
    var certificate: ServerCertificate?
    private let isListening = ListeningSignal()
    /// How long a starting instance waits for Redis before it listens without.
    private static let startLimit = Duration.seconds(1)

    /// `senderKeys` are for a process that has the background roles.
    init(_ configuration: AppConfiguration, registry: PrometheusRegistry, senderKeys: [SenderKey] = []) {
        let logger = Logger(label: "tally")
        self.configuration = configuration
        self.registry = registry
        self.logger = logger
        // The process's one group of loops: timers of the parts that know no loop run on it, too.
        NIOSingletons.groupLoopCountSuggestion = configuration.threads
        self.eventLoopGroup = MultiThreadedEventLoopGroup.singleton
        self.redis = RedisNode(
            configuration: configuration.redis,
            eventLoopGroup: self.eventLoopGroup,
            logger: Logger(label: "tally.redis")
        )
        self.clock = ServerClock(
            redis: self.redis,
            configuration: .init(errorLimit: configuration.clockErrorLimit),
            logger: Logger(label: "tally.clock")
        )
        self.outbound = OutboundClient(configuration: configuration.outbound, logger: Logger(label: "tally.outbound"))
        self.counts = UniquesCounts(redis: self.redis, clock: self.clock, configuration: configuration.uniques)
        self.guardian = Self.guardian(configuration, self.redis)
        self.commits = CommitPump(node: self.redis, configuration: configuration.commits)
        self.ledger = Ledger(
            redis: self.redis,
            commits: self.commits,
            guardian: self.guardian,
            clock: self.clock,
            configuration: configuration.ledger
        )
        self.payments = PaymentParts(
            configuration.payments,
            ledger: self.ledger,
            redis: self.redis,
            commits: self.commits,
            clock: self.clock
        )
        self.faucet = FaucetParts(
            configuration,
            senderKeys: senderKeys,
            outbound: self.outbound,
            redis: self.redis,
            commits: self.commits,
            guardian: self.guardian,
            clock: self.clock
        )
        self.coupons = CouponParts(
            configuration,
            redis: self.redis,
            commits: self.commits,
            guardian: self.guardian,
            clock: self.clock
        )
        self.keys =
            configuration.needsKeys
            ? KeyTable(redis: self.redis, clock: self.clock, logger: Logger(label: "tally.keys")) : nil
        self.observer = RequestObserver(
            logger: Logger(label: "tally.access"),
            accessLogSample: configuration.accessLogSample
        )
    }

    private static func guardian(_ configuration: AppConfiguration, _ redis: RedisNode) -> StoreGuard {
        StoreGuard(redis: redis, vouchedFlush: configuration.vouchedFlush, logger: Logger(label: "tally.money"))
    }

    /// The services of every process: started first, stopped last.
    var foundation: [any Service] {
        [
            self.redis, PrimaryWatch(self.redis), self.clock, self.guardian, self.commits, self.outbound,
            QueueSweeper(self.ledger, logger: Logger(label: "tally.ledger")),
            WindowOpener(
                redis: self.redis,
                clock: self.clock,
                configuration: self.configuration.uniques,
                logger: Logger(label: "tally.uniques")
            ),
        ]
    }

    /// The background roles; any number of processes may have them.
    var roles: [any Service] {
        let outbound = self.outbound
        let delivery = OutboxDelivery(
            Outbox(key: UniquesKeys.outbox, deadKey: UniquesKeys.dead, redis: self.redis),
            name: "uniques",
            clock: self.clock,
            configuration: self.configuration.uniques.outbox,
            pollInterval: .milliseconds(250),
            logger: Logger(label: "tally.outbox")
        ) { message in await ReportSender(outbound).send(message) }
        let lease = Lease(
            key: UniquesKeys.lease,
            tokenKey: UniquesKeys.leaseToken,
            owner: "\(self.configuration.instance)-\(UInt64.random(in: .min ... .max))",
            duration: self.configuration.uniquesLease,
            redis: self.redis,
            logger: Logger(label: "tally.uniques")
        )
        return [
            WindowCloser(
                redis: self.redis,
                clock: self.clock,
                counts: self.counts,
                lease: lease,
                delivery: delivery,
                configuration: self.configuration.uniques,
                logger: Logger(label: "tally.uniques")
            )
        ] + self.payments.roles(instance: self.configuration.instance, self.outbound)
            + self.faucet.roles(instance: self.configuration.instance)
    }

    /// The public listener and what only it needs.
    var listener: [any Service] {
        let callbacks = CallbackService(
            redis: self.redis,
            clock: self.clock,
            outbound: self.outbound,
            configuration: self.configuration.uniques,
            logger: Logger(label: "tally.uniques")
        )
        let lanes = AcceptLanes(
            redis: self.redis,
            clock: self.clock,
            configuration: self.configuration.uniques,
            observer: self.observer,
            eventLoopGroup: self.eventLoopGroup
        )
        var router = WebRouter()
        UniquesRoutes(
            lanes: lanes,
            callbacks: callbacks,
            counts: self.counts,
            policy: self.configuration.outbound.policy
        ).add(to: &router)
        let wakes = ShardWakes(node: self.redis, logger: Logger(label: "tally.ledger"))
        let adds = AddQueue(self.ledger, wakes: wakes)
        let waitingAdds = WaitingAdds(adds)
        LedgerRoutes(self.ledger, queue: adds).add(to: &router)
        let watchers =
            self.payments.listen(&router, drain: self.drain) + self.faucet.listen(&router, drain: self.drain)
        let redis = self.redis
        let coupons = self.coupons.listen(&router, drain: self.drain) { redis.isReady }
        OpenAPIRoute.add(to: &router)
        ProtoRoute.add(to: &router)
        IdempotencyRoutes(
            IdempotencyLookup(redis: self.redis, besides: FaucetKeys.idempotency),
            clock: self.clock
        ).add(to: &router)
        let isListening = self.isListening
        let server = self.server(
            "public",
            self.configuration.web,
            router,
            access: self.keys,
            hotRoutes: [lanes, AddHotRoute(self.ledger, node: self.redis, waiting: waitingAdds)] + coupons.hot,
            certificate: self.certificate,
            beforeBinding: self.waitForRedis
        ) { isListening.begin() }
        let keys: [any Service] = self.keys.map { [$0] } ?? []
        let renewal: [any Service] = self.certificate.map { [$0] } ?? []
        return keys + renewal + [callbacks, wakes, waitingAdds] + watchers + coupons.services + [server]
    }

    /// A proxy goes elsewhere while nobody listens, but passes a 503 on: the first requests must not come too early.
    private func waitForRedis() async {
        let end = LoopClock().now.advanced(by: Self.startLimit)
        while LoopClock().now < end,
            !self.redis.isReady || !self.clock.isKnown || self.guardian.verdict == .unknown
                || !(self.keys?.isKnown ?? true)
        {
            guard (try? await Task.sleep(for: .milliseconds(5), clock: .loop)) != nil else { return }
        }
    }

    /// The admin listener; `listens` says that the process is ready only with its public one.
    func admin(listens: Bool) -> any Service {
        var router = WebRouter()
        let (redis, clock, drain, registry) = (self.redis, self.clock, self.drain, self.registry)
        let money = MoneyReadiness(self.guardian, self.configuration)
        let isListening = self.isListening
        var checks = [
            ReadinessCheck("redis") {
                redis.isReady ? .ready : .notReady(redis.lastFailure.map { "\($0)" } ?? "not connected yet")
            },
            ReadinessCheck("clock") { clock.isKnown ? .ready : .notReady("Redis's time is not known well enough") },
            ReadinessCheck("money") { money.readiness },
            ReadinessCheck("drain") { drain.isDraining ? .notReady("the process is about to stop") : .ready },
        ]
        if let check = self.faucet.check { checks.append(check) }
        if listens, let keys = self.keys {
            checks.append(
                ReadinessCheck("keys") {
                    keys.isKnown ? .ready : .notReady("it is not known which API keys are valid")
                }
            )
        }
        if listens {
            checks.append(
                ReadinessCheck("listener") {
                    isListening.hasBegun ? .ready : .notReady("the public port is not open yet")
                }
            )
        }
        registry.collect { [checks] in checks.flatMap(CheckMetrics.samples) }
        AdminRoutes(checks: checks, version: Version.json) { registry.render() }.add(to: &router)
        return self.server("admin", self.configuration.admin, router)
    }

    private func server(
        _ name: String,
        _ web: WebConfiguration,
        _ router: WebRouter,
        access: (any AccessGuard)? = nil,
        hotRoutes: [any HotRoute] = [],
        certificate: ServerCertificate? = nil,
        beforeBinding: @escaping @Sendable () async -> Void = {},
        onListening: @escaping @Sendable () -> Void = {}
    ) -> NamedListener {
        let logger = self.logger
        let server = WebServer(
            configuration: web,
            router: router,
            hotRoutes: hotRoutes,
            observer: self.observer,
            drain: self.drain,
            access: access,
            certificate: certificate,
            listener: name,
            eventLoopGroup: self.eventLoopGroup,
            logger: Logger(label: "tally.http"),
            beforeBinding: beforeBinding
        ) { port in
            onListening()
            logger.notice("Listening", metadata: ["listener": "\(name)", "host": "\(web.host)", "port": "\(port)"])
        }
        return NamedListener(server: server, address: "\(web.host):\(web.port)")
    }
}

/// Whether the public listener accepts connections.
private final class ListeningSignal: Sendable {
    private let flag = Atomic<Bool>(false)

    var hasBegun: Bool { self.flag.load(ordering: .relaxed) }

    func begin() { self.flag.store(true, ordering: .relaxed) }
}
