import DequeModule
import Metrics
package import RESP
package import Redis
import ServiceLifecycle
import Synchronization

/// Runs scripts that change money, each to the durability that it asks for.
///
/// `local` goes the ordinary way. `replicated` goes over a connection of its own, on which `WAIT` holds up nobody else:
/// all scripts that came while the last batch was under way leave in one write, with a barrier and one `WAIT` for all
/// of them. The barrier is a write: once replicas have it they have everything that was on the primary before it, no
/// matter whose change it was.
package final class CommitPump: Service, Sendable {
    package struct Configuration: Sendable {
        /// Replicas that must acknowledge a `replicated` change; default 1.
        package var replicas = 1
        /// How long they are waited for; default 1 s.
        package var replicaTimeout = Duration.seconds(1)
        /// Scripts in one batch; default 128.
        package var batchLimit = 128
        /// Scripts that wait for a batch; more are refused.
        ///
        /// Default 4096.
        package var waitingLimit = 4096
        /// How long a script may wait and run; default 2 s.
        package var deadline = Duration.seconds(2)

        package init() {}
    }

    private typealias Outcome = Result<Commit<RESPValue>, CommitError>

    private struct Item: Sendable {
        let call: RedisScriptCall
        let deadline: Uptime
        /// Called once, from anywhere.
        let finish: @Sendable (Outcome) -> Void
    }

    /// Scripts that were asked for together, and who waits for all of them.
    private final class Round: Sendable {
        private struct State {
            var outcomes: [Outcome?]
            var left: Int
            var continuation: CheckedContinuation<[Outcome], Never>?
        }

        private let state: Mutex<State>

        init(count: Int) {
            self.state = Mutex(State(outcomes: Array(repeating: nil, count: count), left: count))
        }

        /// Before the first ``finish(_:_:)``.
        func begin(_ continuation: CheckedContinuation<[Outcome], Never>) {
            self.state.withLock { $0.continuation = continuation }
        }

        func finish(_ index: Int, _ outcome: Outcome) {
            let (continuation, outcomes) = self.state.withLock { state in
                state.outcomes[index] = outcome
                state.left -= 1
                return (state.left == 0 ? state.continuation : nil, state.outcomes)
            }
            continuation?.resume(returning: outcomes.compactMap(\.self))
        }
    }

    private struct State {
        var waiting = Deque<Item>()
        var hasEnded = false
    }

    private let node: RedisNode
    private let connection: RedisPrivateConnection
    private let configuration: Configuration
    private let state = Mutex(State())
    private let signal: AsyncStream<Void>
    private let signaller: AsyncStream<Void>.Continuation
    /// How long a barrier outlives its batch: it is of no use once it is written.
    private static let barrierSeconds = 3600
    private let batchSizes = Recorder(label: "tally_commit_batch_size")

    package init(node: RedisNode, configuration: Configuration) {
        self.node = node
        self.connection = node.privateConnection(name: "commit")
        self.configuration = configuration
        (self.signal, self.signaller) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Runs one script.
    ///
    /// One round trip; `replicated` shares its batch's. The script must be safe to repeat.
    package func commit(
        _ call: RedisScriptCall,
        _ durability: Durability
    ) async throws(CommitError) -> Commit<RESPValue> {
        guard durability == .replicated else {
            do {
                return Commit(reply: try await self.node.run(call, within: nil), durability: .local, replicas: 0)
            } catch { throw .store(error) }
        }
        return try await self.join(call, until: Uptime.now + self.configuration.deadline).get()
    }

    /// Runs scripts together, each with its own outcome, in order.
    ///
    /// One round trip for all that are `local`; all that are `replicated` join the same batch, as far as it has room.
    package func commit(
        _ calls: [RedisScriptCall],
        _ durability: Durability
    ) async -> [Result<Commit<RESPValue>, CommitError>] {
        guard durability == .replicated else {
            return await self.node.run(calls, within: nil).map { result in
                result.map { Commit(reply: $0, durability: .local, replicas: 0) }.mapError { .store($0) }
            }
        }
        guard !calls.isEmpty else { return [] }
        let round = Round(count: calls.count)
        let deadline = Uptime.now + self.configuration.deadline
        return await withCheckedContinuation { continuation in
            round.begin(continuation)
            let items = calls.enumerated().map { index, call in
                Item(call: call, deadline: deadline) { round.finish(index, $0) }
            }
            self.join(items)
        }
    }

    /// Sends batches until graceful shutdown or cancellation, then refuses what is left.
    package func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.connection.run() }
            group.addTask { await cancelWhenGracefulShutdown { await self.pump() } }
            while try await group.next() != nil {}
        }
    }

    private func join(_ call: RedisScriptCall, until deadline: Uptime) async -> Outcome {
        await withCheckedContinuation { continuation in
            self.join([Item(call: call, deadline: deadline) { continuation.resume(returning: $0) }])
        }
    }

    /// Puts scripts behind those that wait already, all of them under one lock; refuses those for which there is no
    /// room.
    private func join(_ items: [Item]) {
        let (count, refusal) = self.state.withLock { state -> (Int, RedisError.Cause) in
            if state.hasEnded { return (0, .draining) }
            let count = min(items.count, max(0, self.configuration.waitingLimit - state.waiting.count))
            state.waiting.append(contentsOf: items.prefix(count))
            return (count, .overloaded)
        }
        for item in items.dropFirst(count) { item.finish(.failure(.store(.notSent(refusal)))) }
        if count > 0 { self.signaller.yield() }
    }

    private func pump() async {
        for await _ in self.signal {
            while let batch = self.nextBatch() { await self.send(batch) }
        }
        let left = self.state.withLock { state in
            state.hasEnded = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for item in left { item.finish(.failure(.store(.notSent(.draining)))) }
    }

    /// The next batch to send; items that have waited too long are refused on the way.
    private func nextBatch() -> [Item]? {
        let now = Uptime.now
        let items = self.state.withLock { state in
            let count = min(state.waiting.count, self.configuration.batchLimit)
            defer { state.waiting.removeFirst(count) }
            return Array(state.waiting.prefix(count))
        }
        guard !items.isEmpty else { return nil }
        for item in items where item.deadline < now {
            item.finish(.failure(.store(.notSent(.overloaded))))
        }
        return items.filter { $0.deadline >= now }
    }

    private func send(_ batch: [Item]) async {
        guard !batch.isEmpty else { return }
        self.batchSizes.record(batch.count)
        let needed = self.configuration.replicas
        let outcomes = await self.connection.run(
            batch.map(\.call),
            then: [self.barrier(behind: batch[0].call), self.wait],
            within: self.configuration.deadline
        )
        for (item, outcome) in zip(batch, outcomes) {
            item.finish(Self.result(outcome, needed: needed))
        }
    }

    /// A write of the batch's own, for `WAIT` answers for nothing but its connection's last write.
    ///
    /// A script that finds its change made already writes nothing: without this, Redis from 7.2 on and Valkey would
    /// call another connection's change replicated when only our own last one is.
    private func barrier(behind call: RedisScriptCall) -> RedisCommand {
        RedisCommand("SET", .key(CommitKeys.barrier(behind: call)), 1, "EX", .integer(Self.barrierSeconds))
    }

    private var wait: RedisCommand {
        let timeout = self.configuration.replicaTimeout
        return RedisCommand("WAIT", .integer(self.configuration.replicas), .integer(Int(timeout / .milliseconds(1))))
            .blocking(for: timeout)
    }

    private static func result(
        _ outcome: RedisPrivateConnection.BatchOutcome,
        needed: Int
    ) -> Outcome {
        switch (outcome.reply, outcome.last) {
        case (.failure(let error), _): .failure(.store(error))
        case (.success(let reply), .success(let last)):
            if let replicas = last.integerValue.map(Int.init), replicas >= needed {
                .success(Commit(reply: reply, durability: .replicated, replicas: replicas))
            } else {
                .failure(.notReplicated(reply: reply, replicas: Int(last.integerValue ?? 0)))
            }
        // The script ran, and nobody knows who has it.
        case (.success(let reply), .failure): .failure(.notReplicated(reply: reply, replicas: 0))
        }
    }
}
