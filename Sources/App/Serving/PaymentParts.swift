import Coordination
import Ledger
import Logging
import Outbound
import Payments
import Redis
import ServiceLifecycle
import Web

/// The parts that make payments in one process.
struct PaymentParts {
    let payments: Payments
    private let settings: PaymentsSettings
    private let redis: RedisNode
    private let clock: ServerClock
    private let logger = Logger(label: "tally.payments")

    init(_ settings: PaymentsSettings, ledger: Ledger, redis: RedisNode, commits: CommitPump, clock: ServerClock) {
        self.settings = settings
        self.redis = redis
        self.clock = clock
        self.payments = Payments(
            ledger: ledger,
            redis: redis,
            commits: commits,
            clock: clock,
            configuration: settings.payments,
            failpoints: Failpoints(settings.failpoints)
        )
    }

    /// Adds the routes; returns what only a listener needs.
    func listen(_ router: inout WebRouter, drain: DrainSignal) -> [any Service] {
        let watch = PaymentWatch(
            node: self.redis,
            limit: self.settings.payments.watchLimit,
            share: self.settings.payments.callerWatchLimit,
            logger: self.logger
        )
        PaymentRoutes(self.payments, watch: watch, drain: drain).add(to: &router)
        return [watch]
    }

    /// The lockers and appliers, and what looks after them; any number of processes may have them.
    func roles(instance: String, _ outbound: OutboundClient) -> [any Service] {
        let owner = "\(instance)-\(UInt64.random(in: .min ... .max))"
        let worker = PaymentWorker(self.payments, logger: self.logger)
        let queue = WorkQueue(
            node: self.redis,
            streams: PaymentWorker.streams,
            consumer: owner,
            place: instance,
            isReady: { worker.isReady },
            configuration: self.settings.queue,
            logger: self.logger,
            handle: { messages in await worker.handle(messages) }
        )
        var services: [any Service] = [queue, PaymentSweeper(self.payments, logger: self.logger)]
        guard !self.settings.webhooks.isEmpty else { return services }
        services.append(
            WebhookService(
                streams: Shard.all.map {
                    Outbox.Stream(key: PaymentKeys.outbox($0), deadKey: PaymentKeys.outboxDead($0))
                },
                redis: self.redis,
                clock: self.clock,
                lease: Lease(
                    key: PaymentKeys.webhookLease,
                    tokenKey: PaymentKeys.webhookLeaseToken,
                    owner: owner,
                    duration: max(self.settings.payments.lease, .seconds(1)),
                    redis: self.redis,
                    logger: self.logger
                ),
                sender: WebhookSender(
                    outbound,
                    policy: self.settings.payments.policy,
                    signer: WebhookSigner(self.settings.webhooks),
                    clock: self.clock
                ),
                configuration: self.settings.outbox,
                logger: self.logger
            )
        )
        return services
    }
}
