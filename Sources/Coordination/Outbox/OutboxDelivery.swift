package import Logging
import Metrics
import Redis
import Synchronization
import Timing

/// Delivers an outbox's messages, at least once and in the order that ``OutboxMachine`` promises of each endpoint.
///
/// One process of all should run it (see ``Lease``). Two at once deliver twice, with the same idempotency keys; they
/// lose nothing and never deliver a message that the outbox does not hold.
package final class OutboxDelivery: Sendable {
    package typealias Send = @Sendable (OutboxMessage) async -> OutboxOutcome

    /// Messages read in one look at the outbox.
    private static let pageLimit = 1000

    private let outbox: Outbox
    private let name: String?
    private let clock: ServerClock
    private let pollInterval: Duration
    private let configuration: OutboxMachine.Configuration
    private let logger: Logger
    private let send: Send
    private let machine: Mutex<OutboxMachine>
    private let dead: Counter

    /// New messages are looked for every `pollInterval`, and again at once while there are many.
    ///
    /// `name` is the label `outbox` of the metrics, for processes that deliver more than one outbox.
    package init(
        _ outbox: Outbox,
        name: String? = nil,
        clock: ServerClock,
        configuration: OutboxMachine.Configuration,
        pollInterval: Duration,
        logger: Logger,
        send: @escaping Send
    ) {
        self.outbox = outbox
        self.name = name
        self.clock = clock
        self.configuration = configuration
        self.pollInterval = pollInterval
        self.logger = logger
        self.send = send
        self.machine = Mutex(OutboxMachine(configuration))
        self.dead = Counter(label: "tally_outbox_dead_total", dimensions: name.map { [("outbox", $0)] } ?? [])
    }

    /// Delivers until cancelled.
    ///
    /// A try that is under way then is abandoned, and the next process to deliver repeats it.
    package func run() async {
        // Another process may have delivered since the last time: begin from what Redis holds.
        self.machine.withLock { $0 = OutboxMachine(self.configuration) }
        var position = Outbox.Position()
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                let count = await self.load(&position)
                for message in self.start() { group.addTask { await self.work(from: message) } }
                if count == Self.pageLimit { continue }
                // Cancellation ends the sleep, and the loop sees it.
                try? await Task.sleep(for: self.pollInterval, clock: .loop)
            }
            group.cancelAll()
        }
        // The next process reports the messages that are left.
        self.record(pending: 0, ageSeconds: 0)
    }

    private func record(pending: Int, ageSeconds: Double) {
        let dimensions = self.name.map { [("outbox", $0)] } ?? []
        Gauge(label: "tally_outbox_pending", dimensions: dimensions).record(pending)
        Gauge(label: "tally_outbox_oldest_seconds", dimensions: dimensions).record(ageSeconds)
    }

    private func recordState() {
        let (pending, oldest) = self.machine.withLock { ($0.pending, $0.oldest) }
        let age = oldest.flatMap { oldest in
            self.clock.now.map { Double($0.milliseconds - oldest.milliseconds) / 1000 }
        }
        self.record(pending: pending, ageSeconds: age ?? 0)
    }

    /// Reads on; returns how many messages it found.
    private func load(_ position: inout Outbox.Position) async -> Int {
        defer { self.recordState() }
        let room = self.machine.withLock { $0.room }
        guard room > 0 else { return 0 }
        let page = await self.outbox.messages(after: position, limit: min(room, Self.pageLimit))
        if let error = page.failure {
            self.logger.warning("Outbox cannot be read", metadata: ["error": "\(error)"])
        }
        position = page.position
        self.machine.withLock { $0.arrived(page.messages) }
        return page.messages.count
    }

    private func start(limit: Int = .max) -> [OutboxMessage] {
        guard let now = self.clock.now else { return [] }
        return self.machine.withLock { $0.start(at: now, limit: limit) }
    }

    /// Tries a message, and then whichever comes next: a try that ends makes room at once, not at the next poll.
    private func work(from first: OutboxMessage) async {
        var next: OutboxMessage? = first
        while let message = next {
            await self.attempt(message)
            next = Task.isCancelled ? nil : self.start(limit: 1).first
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
            self.dead.increment()
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
