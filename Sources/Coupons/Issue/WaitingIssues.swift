import Coordination
import Redis
import ServiceLifecycle
import Timing

/// Carries out, for the hot route, issues that need more than one question to Redis.
package struct WaitingIssues: Service {
    /// One issue and the way back to its client.
    struct Item: Sendable {
        let order: IssueOrder
        /// The time by which the request must have an answer.
        let end: LoopClock.Instant
        let answer: @Sendable (Result<IssuedCoupon, CouponError>) -> Void
    }

    private let coupons: Coupons
    private let items: AsyncStream<Item>
    private let entrance: AsyncStream<Item>.Continuation

    package init(_ coupons: Coupons) {
        self.coupons = coupons
        (self.items, self.entrance) = AsyncStream.makeStream()
    }

    func add(_ item: Item) { self.entrance.yield(item) }

    /// Works on each until graceful shutdown, which comes when the listener has answered all.
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

    private func outcome(of item: Item) async -> Result<IssuedCoupon, CouponError> {
        await withTaskGroup(of: Result<IssuedCoupon, CouponError>.self) { group in
            group.addTask { await self.issued(item.order) }
            group.addTask {
                try? await Task.sleep(until: item.end, clock: .loop)
                return .failure(.store(.outcomeUnknown(.deadlineExceeded)))
            }
            defer { group.cancelAll() }
            return await group.next() ?? .failure(.store(.outcomeUnknown(.deadlineExceeded)))
        }
    }

    private func issued(_ order: IssueOrder) async -> Result<IssuedCoupon, CouponError> {
        do { return .success(try await self.coupons.issue(order)) } catch { return .failure(error) }
    }
}
