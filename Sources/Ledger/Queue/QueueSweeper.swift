import Coordination
package import Logging
import RESP
import Redis
import ServiceLifecycle
import Timing

/// Carries out adds that nobody waits for any more: their request was answered 202, or its instance is gone.
///
/// Any number of processes may run it: every step is safe to repeat.
package struct QueueSweeper: Service {
    private let ledger: Ledger
    private let interval: Duration
    private let logger: Logger
    /// Accounts of one shard that are looked at in one round.
    private static let roundLimit = 100

    package init(_ ledger: Ledger, interval: Duration = .milliseconds(500), logger: Logger) {
        self.ledger = ledger
        self.interval = interval
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do { try await self.sweep() } catch {
                    self.logger.debug("Queues not swept", metadata: ["error": "\(error)"])
                }
                try? await Task.sleep(for: self.interval, clock: .loop)
            }
        }
    }

    /// Looks at every account whose time has come.
    ///
    /// One round trip when there is none.
    package func sweep() async throws(LedgerError) {
        guard let now = self.ledger.clock.now else { return }
        let commands = Shard.all.map { shard in
            RedisCommand(
                "ZRANGEBYSCORE",
                .key(LedgerKeys.due(shard)),
                "-inf",
                .integer(Int(now.milliseconds)),
                "LIMIT",
                0,
                .integer(Self.roundLimit)
            )
        }
        for result in await self.ledger.redis.send(commands, within: nil) {
            let ids: [String]
            do { ids = (try result.get().array ?? []).compactMap(\.string) } catch { throw LedgerError(error) }
            for id in ids {
                // One damaged account must not hold up the others.
                guard let account = Account(id: id) else { continue }
                do { try await self.ledger.drive(account, pause: self.interval) } catch .store(let error) {
                    throw .store(error)
                } catch {
                    self.logger.error("Account not swept", metadata: ["account": "\(id)", "error": "\(error)"])
                }
            }
        }
    }
}
