import Synchronization
import Timing
import Web

/// Bounds how many calls are at work, and for how long a unary one may be.
final class CallLimits: Sendable {
    private let configuration: ConnectConfiguration
    private let calls = Atomic<Int>(0)
    private let streams = Atomic<Int>(0)

    init(_ configuration: ConnectConfiguration) {
        self.configuration = configuration
    }

    /// Does a unary call's work on its message, and cancels it when its time is over.
    ///
    /// While the message comes, the call takes time, but no place from those whose message is there.
    func unary<Message: Sendable, Answer: Sendable>(
        timeout: Duration?,
        message: @escaping @Sendable () async throws -> Message,
        _ work: @escaping @Sendable (Message) async throws -> Answer
    ) async throws -> Answer {
        let deadline = min(timeout ?? self.configuration.deadline, self.configuration.deadline)
        // Who gives us less time than we give ourselves is the cause of its end.
        let late = RPCError.deadlineExceeded.caused(by: deadline < self.configuration.deadline ? .caller : .service)
        return try await withThrowingTaskGroup(of: Answer?.self) { group in
            group.addTask { try await self.placed(try await message(), work) }
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

    /// Takes a place for a stream; whoever got one gives it back.
    func enterStream() -> Bool { Self.enter(self.streams, limit: self.configuration.streamLimit) }

    func leaveStream() { self.streams.wrappingSubtract(1, ordering: .relaxed) }

    private static func enter(_ count: borrowing Atomic<Int>, limit: Int) -> Bool {
        guard count.wrappingAdd(1, ordering: .relaxed).newValue <= limit else {
            count.wrappingSubtract(1, ordering: .relaxed)
            return false
        }
        return true
    }
}
