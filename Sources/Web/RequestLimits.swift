import Synchronization
import Timing

/// Bounds how many routed requests are at work, and for how long each may be.
///
/// Beyond the number, 503 `overloaded` at once, and nothing was done. Beyond the time, 503 `deadline-exceeded`: the
/// work is cancelled, and whether it happened is unknown, which is why it must be safe to repeat.
package final class RequestLimits: Sendable {
    private let deadline: Duration
    private let concurrentLimit: Int
    private let running = Atomic<Int>(0)
    private let costly: CostlyPlaces

    package init(deadline: Duration, concurrentLimit: Int, costlyLimit: Int) {
        self.deadline = deadline
        self.concurrentLimit = concurrentLimit
        self.costly = CostlyPlaces(limit: costlyLimit)
    }

    /// The same for costly work, which has places of its own.
    func runCostly<Answer: Sendable>(
        _ work: @escaping @Sendable () async throws -> Answer
    ) async throws -> Answer {
        try await self.timed {
            do { return try await self.costly.run(work) } catch is CostlyPlaces.Full { throw Problem.overloaded }
        }
    }

    package func run<Answer: Sendable>(
        _ work: @escaping @Sendable () async throws -> Answer
    ) async throws -> Answer {
        guard self.running.wrappingAdd(1, ordering: .relaxed).newValue <= self.concurrentLimit else {
            self.running.wrappingSubtract(1, ordering: .relaxed)
            throw Problem.overloaded
        }
        defer { self.running.wrappingSubtract(1, ordering: .relaxed) }
        return try await self.timed(work)
    }

    private func timed<Answer: Sendable>(
        _ work: @escaping @Sendable () async throws -> Answer
    ) async throws -> Answer {
        let deadline = self.deadline
        return try await withThrowingTaskGroup(of: Answer?.self) { group in
            group.addTask { try await work() }
            group.addTask {
                try await Task.sleep(for: deadline, clock: .loop)
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let answer = first else { throw Problem.deadlineExceeded }
            return answer
        }
    }
}
