package import Coordination
import Timing

/// Adds, and waits with an add that found its account held.
package struct AddQueue: Sendable {
    private let ledger: Ledger
    private let wakes: ShardWakes
    private let metrics = LedgerMetrics()
    /// A wake-up may be lost: nobody waits longer than this without looking.
    private static let longestWait = Duration.milliseconds(500)

    package init(_ ledger: Ledger, wakes: ShardWakes) {
        self.ledger = ledger
        self.wakes = wakes
    }

    /// Adds once for each idempotency key; see ``Ledger/add(_:_:)``.
    ///
    /// When the account is held it waits its turn, for the configuration's `queueWait`; then the result is `accepted`.
    /// A duplicate of a queued order shares its place and its answer.
    package func add(_ order: AddOrder, _ durability: Durability) async throws(LedgerError) -> AddResult {
        do {
            let result = try await self.addOrWait(order, durability)
            self.metrics.ended(.success(result))
            return result
        } catch {
            self.metrics.ended(.failure(error))
            throw error
        }
    }

    private func addOrWait(_ order: AddOrder, _ durability: Durability) async throws(LedgerError) -> AddResult {
        let result = try await self.ledger.add(order, durability)
        return try await self.wait(order, result, durability)
    }

    /// Waits with an order that the ledger queued; any other result is the order's own.
    func wait(
        _ order: AddOrder,
        _ result: AddResult,
        _ durability: Durability
    ) async throws(LedgerError) -> AddResult {
        guard case .queued(let operation) = result.outcome else { return result }
        self.metrics.waits()
        let end = LoopClock().now.advanced(by: self.ledger.configuration.queueWait)
        let waiter = self.wakes.join(order.account.id, operation: operation)
        defer { self.wakes.leave(waiter) }
        while true {
            let left = LoopClock().now.duration(to: end)
            let settlement: Ledger.Settlement
            do {
                settlement = try await self.ledger.settle(
                    order.account,
                    operation: operation,
                    accepts: left <= .zero,
                    durability
                )
            } catch .storeUnsafe {
                // The order stands in the queue, so "nothing was done" would be untrue.
                guard left > .zero else { throw .deadlineExceeded }
                settlement = .waiting(.zero)
            }
            switch settlement {
            case .settled(let settled, let isAccepted):
                return AddResult(
                    outcome: isAccepted ? .accepted(operation: operation) : settled.outcome,
                    isReplay: result.isReplay,
                    durability: settled.durability,
                    replicas: settled.replicas
                )
            case .gone: throw await self.ledger.missing()
            case .waiting(let lease):
                // Given up: a 202 that is not kept must not be told.
                if left > .zero, Task.isCancelled { throw .deadlineExceeded }
                guard left > .zero else {
                    return AddResult(
                        outcome: .accepted(operation: operation),
                        isReplay: result.isReplay,
                        durability: result.durability,
                        replicas: result.replicas
                    )
                }
                // A millisecond more than the lease, which is gone only then.
                let pause = lease > .zero ? lease + .milliseconds(1) : Self.longestWait
                await waiter.wait(atMost: min(pause, left, Self.longestWait))
            }
        }
    }
}
