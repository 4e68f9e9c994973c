import Coordination
import Ledger
import Logging
import Payments
import Redis

/// The payments that workers gave up on, for people.
package struct DeadPayments: Sendable {
    private let configuration: AppConfiguration

    package init(_ configuration: AppConfiguration) {
        self.configuration = configuration
    }

    /// Prints one JSON object a payment, oldest of each shard first.
    package func list(_ print: @Sendable @escaping (String) -> Void) async throws {
        try await self.with { payments, _ in
            for shard in Shard.all {
                for letter in try await payments.deadLetters(shard) { print(letter.json) }
            }
        }
    }

    /// Gives dead letters, or the one with this id, to the workers again; returns how many.
    ///
    /// Throws a ``PaymentsError`` when the text is no payment's id.
    package func redrive(id text: String?) async throws -> Int {
        try await self.with { payments, redis in
            var ids: [PaymentID] = []
            if let text {
                guard let id = PaymentID(text) else { throw PaymentsError.paymentInvalid }
                ids = [id]
            } else {
                for shard in Shard.all { ids += try await payments.deadLetters(shard).map(\.payment.id) }
            }
            let found = ids
            return try await AdminActor.recorded("payments.redrive", text ?? "all", redis) {
                var count = 0
                for id in found where try await payments.redrive(id) { count += 1 }
                return count
            }
        }
    }

    private func with<Answer: Sendable>(
        _ body: @Sendable @escaping (Payments, RedisNode) async throws -> Answer
    ) async throws -> Answer {
        let configuration = self.configuration
        return try await CommandRedis.run(configuration) { redis in
            let silent = Logger(label: "tally.payments") { _ in SwiftLogNoOpLogHandler() }
            let clock = ServerClock(redis: redis, logger: silent)
            let commits = CommitPump(node: redis, configuration: configuration.commits)
            var settings = configuration.payments.payments
            // One change at a time, told to the primary: nobody waits for replicas here.
            settings.durability = .local
            let ledger = Ledger(
                redis: redis,
                commits: commits,
                guardian: StoreGuard(redis: redis, vouchedFlush: configuration.vouchedFlush, logger: silent),
                clock: clock,
                configuration: configuration.ledger
            )
            return try await body(
                Payments(ledger: ledger, redis: redis, commits: commits, clock: clock, configuration: settings),
                redis
            )
        }
    }
}
