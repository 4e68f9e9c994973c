import Coordination
import Ledger
package import Logging
import Metrics
import RESP
import Redis
import ServiceLifecycle
import Timing

/// Finds payments that nobody is at work on: their time has come, their message was lost, or a try failed.
///
/// Any number of processes may run it: every step is safe to repeat. The streams are hints; this reads the records.
package struct PaymentSweeper: Service {
    private let payments: Payments
    private let interval: Duration
    private let logger: Logger
    /// Payments of one shard that are looked at in one round.
    private static let roundLimit = 200
    /// Looks under way at once.
    private static let concurrency = 32

    package init(_ payments: Payments, interval: Duration = .milliseconds(500), logger: Logger) {
        self.payments = payments
        self.interval = interval
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do { try await self.sweep() } catch {
                    self.logger.debug("Payments not swept", metadata: ["error": "\(error)"])
                }
                try? await Task.sleep(for: self.interval * Double.random(in: 0.75...1.25), clock: .loop)
            }
        }
    }

    /// Looks at every payment whose time to be looked at has come: those whose turn it is, those that are to be tried
    /// again, and those whose time has come.
    ///
    /// One round trip when there is none. A payment behind others is not among them, but for one look an hour.
    package func sweep() async throws(PaymentsError) {
        guard let now = self.payments.clock.now, self.payments.ledger.isStoreSafe else { return }
        let due = Shard.all.map { shard in
            RedisCommand(
                "ZRANGEBYSCORE",
                .key(PaymentKeys.open(shard)),
                "-inf",
                .integer(Int(now.milliseconds)),
                "LIMIT",
                0,
                .integer(Self.roundLimit)
            )
        }
        var replies: [RESPValue] = []
        for result in await self.payments.redis.send(due + PaymentBacklog.commands, within: nil) {
            do { replies.append(try result.get()) } catch .refused { replies.append(.null) } catch {
                throw .ledger(LedgerError(error))
            }
        }
        PaymentBacklog(replies.dropFirst(due.count), now: now).record()
        let ids = replies.prefix(due.count).flatMap { $0.array ?? [] }.compactMap { $0.string }
        try await self.look(ids.compactMap { PaymentID($0) })
    }

    /// Looks at each; throws when Redis does not answer.
    private func look(_ ids: [PaymentID]) async throws(PaymentsError) {
        let failure = await withTaskGroup(of: PaymentsError?.self) { group in
            var failure: PaymentsError?
            for (index, id) in ids.enumerated() where failure == nil {
                if index >= Self.concurrency { failure = await group.next() ?? nil }
                group.addTask { await self.failure(of: id) }
            }
            for await other in group { failure = failure ?? other }
            return failure
        }
        if let failure { throw failure }
    }

    /// One damaged payment must not hold up the others.
    private func failure(of id: PaymentID) async -> PaymentsError? {
        do { try await self.payments.look(id) } catch .ledger(.store(let error)) {
            return .ledger(.store(error))
        } catch {
            self.logger.error("Payment not swept", metadata: ["payment": "\(id.text)", "error": "\(error)"])
        }
        return nil
    }
}
