package import Logging
import Metrics
import Redis
import Synchronization
import Timing

/// Delivers an outbox's messages, at least once and in the order of each endpoint.
///
/// One process of all should run it (see ``Lease``). Two at once deliver twice, with the same idempotency keys; they
/// lose nothing and never deliver a message that the outbox does not hold.
package final class OutboxDelivery: Sendable {
    package typealias Send = @Sendable (OutboxMessage) async -> OutboxOutcome

    private let outbox: Outbox
    private let clock: ServerClock
    private let pollInterval: Duration
    private let configuration: OutboxMachine.Configuration
    private let logger: Logger
    private let send: Send
    private let machine: Mutex<OutboxMachine>

    /// New messages are looked for every `pollInterval`.
    package init(
        _ outbox: Outbox,
        clock: ServerClock,
        configuration: OutboxMachine.Configuration,
        pollInterval: Duration,
        logger: Logger,
        send: @escaping Send
    ) {
        self.outbox = outbox
        self.clock = clock
        self.configuration = configuration
        self.pollInterval = pollInterval
        self.logger = logger
        self.send = send
        self.machine = Mutex(OutboxMachine(configuration))
    }

    /// Delivers until cancelled.
    ///
    /// What is under way then is abandoned and tried again by whoever comes next.
    package func run() async {
        // Another process may have delivered since the last time: begin from what Redis holds.
        self.machine.withLock { $0 = OutboxMachine(self.configuration) }
        var last: String?
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                last = await self.load(after: last)
                if let now = self.clock.now {
                    for message in self.machine.withLock({ $0.start(at: now) }) {
                        group.addTask { await self.attempt(message) }
                    }
                }
                // Cancellation ends the sleep, and the loop sees it.
                try? await Task.sleep(for: self.pollInterval, clock: .loop)
            }
            group.cancelAll()
        }
        // What is left is the next process's to tell.
        Self.record(pending: 0, ageSeconds: 0)
    }

    private static func record(pending: Int, ageSeconds: Double) {
        Gauge(label: "tally_outbox_pending").record(pending)
        Gauge(label: "tally_outbox_oldest_seconds").record(ageSeconds)
    }

    private func recordState() {
        let (pending, oldest) = self.machine.withLock { ($0.pending, $0.oldest) }
        let age = oldest.flatMap { oldest in
            self.clock.now.map { Double($0.milliseconds - oldest.milliseconds) / 1000 }
        }
        Self.record(pending: pending, ageSeconds: age ?? 0)
    }

    private func load(after last: String?) async -> String? {
        defer { self.recordState() }
        let room = self.machine.withLock { $0.room }
        guard room > 0 else { return last }
        do {
            let messages = try await self.outbox.messages(after: last, limit: min(room, 1000))
            self.machine.withLock { machine in
                for message in messages { machine.arrived(message) }
            }
            return messages.last?.id ?? last
        } catch {
            self.logger.warning("Outbox cannot be read", metadata: ["error": "\(error)"])
            return last
        }
    }

    private func attempt(_ message: OutboxMessage) async {
        let outcome = await self.send(message)
        let now = self.clock.now ?? message.created
        let action = self.machine.withLock {
            $0.ended(message, outcome, at: now, jitter: Double.random(in: 0...1))
        }
        switch action {
        case .remove: await self.settle("remove") { () throws(RedisError) in try await self.outbox.remove(message) }
        case .bury(let reason):
            self.logger.error(
                "Message is a dead letter",
                metadata: ["idempotency_key": "\(message.idempotencyKey)", "reason": "\(reason)"]
            )
            await self.settle("bury") { () throws(RedisError) in
                try await self.outbox.bury(message, reason: reason)
            }
        case .wait(let until):
            self.logger.warning(
                "Message not delivered yet",
                metadata: [
                    "idempotency_key": "\(message.idempotencyKey)", "outcome": "\(outcome)",
                    "retry_in_ms": "\(until.milliseconds - now.milliseconds)",
                ]
            )
        }
    }

    /// Repeats a step that is safe to repeat until Redis has done it.
    private func settle(_ step: String, _ work: () async throws(RedisError) -> Void) async {
        while !Task.isCancelled {
            do {
                try await work()
                return
            } catch {
                self.logger.warning("Outbox step failed", metadata: ["step": "\(step)", "error": "\(error)"])
                try? await Task.sleep(for: self.pollInterval, clock: .loop)
            }
        }
    }
}
