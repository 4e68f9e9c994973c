import Coordination
import ServiceLifecycle
import Timing

/// Waits, for the hot route, with adds that found their account held.
package struct WaitingAdds: Service {
    /// One add and the way back to its client.
    struct Item: Sendable {
        let order: AddOrder
        let found: AddResult
        /// The time by which the request must have an answer.
        let end: LoopClock.Instant
        let answer: @Sendable (Result<AddResult, LedgerError>) -> Void
    }

    private let queue: AddQueue
    private let items: AsyncStream<Item>
    private let entrance: AsyncStream<Item>.Continuation

    package init(_ queue: AddQueue) {
        self.queue = queue
        (self.items, self.entrance) = AsyncStream.makeStream()
    }

    func add(_ item: Item) { self.entrance.yield(item) }

    /// Waits with each until graceful shutdown, which comes when the listener has answered all.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                for await item in self.items {
                    group.addTask { item.answer(await self.outcome(of: item)) }
                }
                group.cancelAll()
            }
        }
    }

    private func outcome(of item: Item) async -> Result<AddResult, LedgerError> {
        await withTaskGroup(of: Result<AddResult, LedgerError>.self) { group in
            group.addTask { await self.waited(item) }
            group.addTask {
                try? await Task.sleep(until: item.end, clock: .loop)
                return .failure(.deadlineExceeded)
            }
            defer { group.cancelAll() }
            return await group.next() ?? .failure(.deadlineExceeded)
        }
    }

    private func waited(_ item: Item) async -> Result<AddResult, LedgerError> {
        do { return .success(try await self.queue.wait(item.order, item.found, .local)) } catch {
            return .failure(error)
        }
    }
}
