import Synchronization
import Timing
import Web

/// Bounds how many calls are at work, and for how long a unary one may be.
final class CallLimits: Sendable {
    private let configuration: ConnectConfiguration
    private let calls = Atomic<Int>(0)
    private let costly: CostlyPlaces
    /// The places of streams.
    let streams: CallerPlaces
    /// The places of health checks and reflection: callers that need no key to watch take no place from callers that
    /// do.
    let healthStreams: CallerPlaces

    init(_ configuration: ConnectConfiguration) {
        self.configuration = configuration
        self.costly = CostlyPlaces(limit: configuration.costlyLimit)
        self.streams = CallerPlaces(limit: configuration.streamLimit, share: configuration.callerStreamLimit)
        let health = configuration.healthStreamLimit
        self.healthStreams = CallerPlaces(limit: health, share: health)
    }

    /// Does a unary call's work on its message, and cancels it when its time is over.
    ///
    /// While the message comes, the call takes time, but no place from those whose message is there.
    func unary<Message: Sendable, Answer: Sendable>(
        timeout: Duration?,
        isCostly: Bool,
        message: @escaping @Sendable () async throws -> Message,
        _ work: @escaping @Sendable (Message) async throws -> Answer
    ) async throws -> Answer {
        try await self.timed(timeout) {
            let message = try await message()
            guard isCostly else { return try await self.placed(message, work) }
            do { return try await self.costly.run { try await work(message) } } catch is CostlyPlaces.Full {
                throw RPCError.overloaded
            }
        }
    }

    /// The same for the one message of a stream, which takes its place when that has come.
    func timed<Answer: Sendable>(
        _ timeout: Duration?,
        _ work: @escaping @Sendable () async throws -> Answer
    ) async throws -> Answer {
        let deadline = min(timeout ?? self.configuration.deadline, self.configuration.deadline)
        // A caller that gives us less time than we give ourselves causes the end of it.
        let late = RPCError.deadlineExceeded.caused(by: deadline < self.configuration.deadline ? .caller : .service)
        // A body that nobody began to read leaves its connection as it is.
        guard deadline > .zero else { throw late }
        return try await withThrowingTaskGroup(of: Answer?.self) { group in
            group.addTask { try await work() }
            group.addTask {
                try await Task.sleep(for: deadline, clock: .loop)
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let answer = first else { throw late }
            return answer
        }
    }

    private func placed<Message, Answer>(
        _ message: Message,
        _ work: (Message) async throws -> Answer
    ) async throws -> Answer {
        guard Self.enter(self.calls, limit: self.configuration.concurrentLimit) else { throw RPCError.overloaded }
        defer { self.calls.wrappingSubtract(1, ordering: .relaxed) }
        return try await work(message)
    }

    private static func enter(_ count: borrowing Atomic<Int>, limit: Int) -> Bool {
        guard count.wrappingAdd(1, ordering: .relaxed).newValue <= limit else {
            count.wrappingSubtract(1, ordering: .relaxed)
            return false
        }
        return true
    }
}
