package import RESP
import Timing

/// A client that sends through ``LoopLane``s, with repeats inside the deadline.
package protocol LaneClient: RedisClient {
    /// The lane for the next request. Costs no more than a look into a table.
    var lane: LoopLane { get }
    /// The deadline of a command whose caller names none.
    var commandDeadline: Duration { get }
    /// Whether a command may wait in Redis without holding up others.
    var isPrivate: Bool { get }
}

extension LaneClient {
    package func send(_ command: RedisCommand, within: Duration?) async throws(RedisError) -> RESPValue {
        try await self.perform(.command(command), within: within)
    }

    package func run(_ call: RedisScriptCall, within: Duration?) async throws(RedisError) -> RESPValue {
        try await self.perform(.script(call, .evalsha), within: within)
    }

    package func send(_ commands: [RedisCommand], within: Duration?) async -> [Result<RESPValue, RedisError>] {
        await self.perform(commands.map(RedisRequest.command), within: within)
    }

    /// Runs scripts in one write, in order; each has its own outcome.
    package func run(_ calls: [RedisScriptCall], within: Duration?) async -> [Result<RESPValue, RedisError>] {
        await self.perform(calls.map { .script($0, .evalsha) }, within: within)
    }

    /// Repeats the whole only when none of it left: repeating a part would change the order.
    private func perform(_ requests: [RedisRequest], within: Duration?) async -> [Result<RESPValue, RedisError>] {
        guard !requests.isEmpty else { return [] }
        let deadline = Uptime.now + (within ?? self.commandDeadline)
        var retry = RetryMachine(deadline: deadline)
        while true {
            let outcomes = await self.lane.perform(requests, deadline: deadline)
            guard let error = outcomes.first?.failure, outcomes.allSatisfy({ $0.failure?.isUnsent ?? false }),
                let pause = retry.pause(after: error, at: .now, jitter: .random(in: 0..<1))
            else { return outcomes }
            // Only cancellation ends a sleep early.
            do { try await Task.sleep(for: pause, clock: .loop) } catch {
                return requests.map { _ in .failure(.notSent(.cancelled)) }
            }
        }
    }

    private func perform(_ request: RedisRequest, within: Duration?) async throws(RedisError) -> RESPValue {
        assert(self.isPrivate || request.blockTime == nil, "\(request.name) would hold up everyone")
        // A command that waits in Redis has its time there on top.
        let patience = (within ?? self.commandDeadline) + (request.blockTime ?? .zero)
        let deadline = Uptime.now + patience
        var retry = RetryMachine(deadline: deadline)
        while true {
            let outcomes = await self.lane.perform([request], deadline: deadline)
            switch outcomes[0] {
            case .success(let value): return value
            case .failure(let error):
                guard let pause = retry.pause(after: error, at: .now, jitter: .random(in: 0..<1)) else { throw error }
                // Only cancellation ends a sleep early.
                do { try await Task.sleep(for: pause, clock: .loop) } catch { throw .notSent(.cancelled) }
            }
        }
    }
}

extension RedisError {
    fileprivate var isUnsent: Bool {
        guard case .notSent = self else { return false }
        return true
    }
}

extension Result {
    fileprivate var failure: Failure? {
        guard case .failure(let error) = self else { return nil }
        return error
    }
}
