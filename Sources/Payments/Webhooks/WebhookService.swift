package import Coordination
package import Logging
package import Redis
import ServiceLifecycle

/// Delivers the webhooks of all shards, in one process of all at a time.
///
/// Every worker may run it; the one that has the lease works. A message leaves its stream only when it is delivered or
/// a dead letter, so whoever takes over goes on with what is left. A webhook that was under way then may arrive twice,
/// with the same id.
package struct WebhookService: Service {
    /// Tries of one endpoint at once.
    private static let laneConcurrency = 8

    private let lease: Lease
    private let delivery: OutboxDelivery

    /// `streams` are the outboxes of all shards, looked at every `pollInterval`.
    ///
    /// The concurrency of `configuration` is not used: webhooks of one endpoint go out 8 at a time.
    package init(
        streams: [Outbox.Stream],
        redis: any RedisClient,
        clock: ServerClock,
        lease: Lease,
        sender: WebhookSender,
        configuration: OutboxMachine.Configuration,
        pollInterval: Duration = .milliseconds(500),
        logger: Logger
    ) {
        var configuration = configuration
        configuration.laneConcurrency = Self.laneConcurrency
        self.lease = lease
        self.delivery = OutboxDelivery(
            Outbox(streams: streams, redis: redis),
            name: "payments",
            clock: clock,
            configuration: configuration,
            pollInterval: pollInterval,
            logger: logger
        ) { message in
            guard let message = WebhookBody.rendered(message) else { return .refused(reason: "body") }
            return await sender.send(message)
        }
    }

    package func run() async throws {
        await self.lease.run { _ in await self.delivery.run() }
    }
}
