package import RESP
import Timing

extension RedisPrivateConnection {
    /// What became of one script of a batch, and of the command that was sent behind it on the same connection.
    package struct BatchOutcome: Sendable {
        package let reply: Result<RESPValue, RedisError>
        package let last: Result<RESPValue, RedisError>
    }

    /// Runs scripts in one write with one command behind them, all on one connection; outcomes in order.
    ///
    /// The last command comes behind every script in every case: scripts that Redis does not know by their digest are
    /// sent again by their source, with the command behind them again. Repeated as a whole only while none of it left.
    package func run(
        _ calls: [RedisScriptCall],
        then last: RedisCommand,
        within limit: Duration
    ) async -> [BatchOutcome] {
        var outcomes = await self.attempt(calls.map { ($0, .evalshaOnly) }, last, within: limit)
        let unknown = outcomes.indices.filter { outcomes[$0].isUnknownScript }
        guard !unknown.isEmpty else { return outcomes }
        let repeated = await self.attempt(unknown.map { (calls[$0], .eval) }, last, within: limit)
        for (index, outcome) in zip(unknown, repeated) { outcomes[index] = outcome }
        return outcomes
    }

    private func attempt(
        _ calls: [(RedisScriptCall, RedisScriptCall.Form)],
        _ last: RedisCommand,
        within limit: Duration
    ) async -> [BatchOutcome] {
        let requests = calls.map { RedisRequest.script($0, $1) } + [.command(last)]
        let deadline = Uptime.now + (limit + (last.blockTime ?? .zero))
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
            let last = outcomes[outcomes.count - 1]
            return outcomes.dropLast().map { BatchOutcome(reply: $0, last: last) }
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
