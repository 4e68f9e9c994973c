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

    /// Looks at every payment whose time to be looked at has come.
    ///
    /// One round trip when there is none.
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
        for ids in replies.prefix(due.count) {
            for id in (ids.array ?? []).compactMap({ $0.string.flatMap { PaymentID($0) } }) {
                // One damaged payment must not hold up the others.
                do { try await self.payments.look(id) } catch .ledger(.store(let error)) {
                    throw .ledger(.store(error))
                } catch {
                    self.logger.error("Payment not swept", metadata: ["payment": "\(id.text)", "error": "\(error)"])
                }
            }
        }
    }
}
