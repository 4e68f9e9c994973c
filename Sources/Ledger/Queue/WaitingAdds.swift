import Coordination
import NIOCore
import ServiceLifecycle
import Web

/// Waits, for the hot route, with adds that found their account held.
package struct WaitingAdds: Service {
    /// One add and the way back to its client.
    struct Item: Sendable {
        let order: AddOrder
        let found: AddResult
        let exchange: NIOLoopBound<HotExchange>
    }

    private let queue: AddQueue
    private let items: AsyncStream<Item>
    private let entrance: AsyncStream<Item>.Continuation
    private let metrics = LedgerMetrics()

    package init(_ queue: AddQueue) {
        self.queue = queue
        (self.items, self.entrance) = AsyncStream.makeStream()
    }

    func add(_ item: Item) { self.entrance.yield(item) }

    /// Waits with each until graceful shutdown; then those that wait are answered 202, and a worker carries them out.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                for await item in self.items {
                    group.addTask { await self.wait(item) }
                }
                group.cancelAll()
            }
        }
    }

    private func wait(_ item: Item) async {
        let outcome: Result<AddResult, LedgerError>
        do { outcome = .success(try await self.queue.wait(item.order, item.found, .local)) } catch {
            outcome = .failure(error)
        }
        self.metrics.ended(outcome)
        item.exchange.eventLoop.execute {
            let exchange = item.exchange.value
            exchange.finish(AddAnswer(item.order.account).prepared(outcome, exchange))
            exchange.flush()
        }
    }
}
