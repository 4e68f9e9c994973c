import DequeModule
import Metrics
package import RESP
package import Redis
import ServiceLifecycle
import Synchronization

/// Runs scripts that change money, each to the durability that it asks for.
///
/// `local` goes the ordinary way. `replicated` goes over a connection of its own, on which `WAIT` holds up nobody else:
/// all scripts that came while the last batch was under way leave in one write, with one `WAIT` for all of them.
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

    private struct Item {
        let call: RedisScriptCall
        let deadline: Uptime
        let continuation: CheckedContinuation<Result<Commit<RESPValue>, CommitError>, Never>
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
        let deadline = Uptime.now + self.configuration.deadline
        let result = await withCheckedContinuation { continuation in
            let item = Item(call: call, deadline: deadline, continuation: continuation)
            let refusal = self.state.withLock { state -> RedisError.Cause? in
                if state.hasEnded { return .draining }
                guard state.waiting.count < self.configuration.waitingLimit else { return .overloaded }
                state.waiting.append(item)
                return nil
            }
            if let refusal { return continuation.resume(returning: .failure(.store(.notSent(refusal)))) }
            self.signaller.yield()
        }
        return try result.get()
    }

    /// Runs scripts together, each with its own outcome, in order.
    ///
    /// One round trip for all that are `local`.
    package func commit(
        _ calls: [RedisScriptCall],
        _ durability: Durability
    ) async -> [Result<Commit<RESPValue>, CommitError>] {
        guard durability == .replicated else {
            return await self.node.run(calls, within: nil).map { result in
                result.map { Commit(reply: $0, durability: .local, replicas: 0) }.mapError { .store($0) }
            }
        }
        return await withTaskGroup(of: (Int, Result<Commit<RESPValue>, CommitError>).self) { group in
            for (index, call) in calls.enumerated() {
                group.addTask {
                    do throws(CommitError) { return (index, .success(try await self.commit(call, durability))) } catch {
                        return (index, .failure(error))
                    }
                }
            }
            var outcomes = calls.map { _ in Result<Commit<RESPValue>, CommitError>.failure(.store(.notSent(.cancelled)))
            }
            for await (index, outcome) in group { outcomes[index] = outcome }
            return outcomes
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

    private func pump() async {
        for await _ in self.signal {
            while let batch = self.nextBatch() { await self.send(batch) }
        }
        let left = self.state.withLock { state in
            state.hasEnded = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for item in left { item.continuation.resume(returning: .failure(.store(.notSent(.draining)))) }
    }

    /// What is sent next; what has waited too long is refused on the way.
    private func nextBatch() -> [Item]? {
        let now = Uptime.now
        let items = self.state.withLock { state in
            let count = min(state.waiting.count, self.configuration.batchLimit)
            defer { state.waiting.removeFirst(count) }
            return Array(state.waiting.prefix(count))
        }
        guard !items.isEmpty else { return nil }
        for item in items where item.deadline < now {
            item.continuation.resume(returning: .failure(.store(.notSent(.overloaded))))
        }
        return items.filter { $0.deadline >= now }
    }

    private func send(_ batch: [Item]) async {
        guard !batch.isEmpty else { return }
        self.batchSizes.record(batch.count)
        let needed = self.configuration.replicas
        let timeout = self.configuration.replicaTimeout
        let outcomes = await self.connection.run(
            batch.map(\.call),
            then: RedisCommand("WAIT", .integer(needed), .integer(Int(timeout / .milliseconds(1)))).blocking(
                for: timeout
            ),
            within: self.configuration.deadline
        )
        for (item, outcome) in zip(batch, outcomes) {
            item.continuation.resume(returning: Self.result(outcome, needed: needed))
        }
    }

    private static func result(
        _ outcome: RedisPrivateConnection.BatchOutcome,
        needed: Int
    ) -> Result<Commit<RESPValue>, CommitError> {
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
