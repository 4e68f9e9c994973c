package import RESP
import Timing

extension RedisPrivateConnection {
    /// The outcome of one script of a batch, and of the commands that were sent behind it on the same connection.
    package struct BatchOutcome: Sendable {
        package let reply: Result<RESPValue, RedisError>
        /// The last command's reply, or the first failure among those behind the scripts.
        package let last: Result<RESPValue, RedisError>
    }

    /// Runs scripts in one write with commands behind them, all on one connection; outcomes in order.
    ///
    /// The commands come behind every script in every case: scripts that Redis does not know by their digest are sent
    /// again by their source, with the commands behind them again. Repeated as a whole only while none of it left.
    package func run(
        _ calls: [RedisScriptCall],
        then commands: [RedisCommand],
        within limit: Duration
    ) async -> [BatchOutcome] {
        var outcomes = await self.attempt(calls.map { ($0, .evalshaOnly) }, commands, within: limit)
        let unknown = outcomes.indices.filter { outcomes[$0].isUnknownScript }
        guard !unknown.isEmpty else { return outcomes }
        let repeated = await self.attempt(unknown.map { (calls[$0], .eval) }, commands, within: limit)
        for (index, outcome) in zip(unknown, repeated) { outcomes[index] = outcome }
        return outcomes
    }

    private func attempt(
        _ calls: [(RedisScriptCall, RedisScriptCall.Form)],
        _ commands: [RedisCommand],
        within limit: Duration
    ) async -> [BatchOutcome] {
        let requests = calls.map { RedisRequest.script($0, $1) } + commands.map { .command($0) }
        let deadline = Uptime.now + commands.reduce(limit) { $0 + ($1.blockTime ?? .zero) }
        var retry = RetryMachine(deadline: Uptime.now + limit)
        while true {
            let outcomes = await self.lane.perform(requests, deadline: deadline)
            if let error = Self.commonFailure(outcomes),
                let pause = retry.pause(after: error, at: .now, jitter: .random(in: 0..<1)),
                // Only cancellation ends a sleep early.
                (try? await Task.sleep(for: pause, clock: .loop)) != nil
            {
                continue
            }
            let behind = outcomes.dropFirst(calls.count)
            let last = behind.first { $0.isFailure } ?? outcomes[outcomes.count - 1]
            return outcomes.prefix(calls.count).map { BatchOutcome(reply: $0, last: last) }
        }
    }

    /// The first failure, when nothing left this process.
    private static func commonFailure(_ outcomes: [Result<RESPValue, RedisError>]) -> RedisError? {
        var first: RedisError?
        for outcome in outcomes {
            guard case .failure(.notSent(let cause)) = outcome else { return nil }
            first = first ?? .notSent(cause)
        }
        return first
    }
}

extension RedisPrivateConnection.BatchOutcome {
    fileprivate var isUnknownScript: Bool {
        guard case .failure(.refused(let refusal)) = self.reply else { return false }
        return refusal.kind == .noScript
    }
}

extension Result {
    fileprivate var isFailure: Bool {
        guard case .failure = self else { return false }
        return true
    }
}
