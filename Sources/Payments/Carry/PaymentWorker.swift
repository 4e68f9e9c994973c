package import Coordination
import Ledger
package import Logging
import RESP
import Redis
import Timing

/// The work of a worker on the messages that it reads: both roles, the appliers' messages first.
///
/// A round of messages is one round trip for all payments that are whole, and at most nine for one that is split. Every
/// step is a script that checks lock, token and state, so that any number of workers may do the same job.
package struct PaymentWorker: Sendable {
    let payments: Payments
    let logger: Logger
    /// Payments that are split, at once: each goes through its steps by itself.
    private static let concurrency = 64

    package init(_ payments: Payments, logger: Logger) {
        self.payments = payments
        self.logger = logger
    }

    /// The streams of a worker's queue, in the order in which they are worked on.
    ///
    /// Locked payments come first: else lockers could run ahead of appliers until leases end.
    package static let streams = Shard.all.map(PaymentKeys.locked) + Shard.all.map(ShardKeys.work)
    private static let lockedStreams = Set(Shard.all.map(PaymentKeys.locked))

    /// Whether it could do anything: Redis is known to keep what it is given.
    package var isReady: Bool { self.payments.ledger.isStoreSafe }

    /// Does what the messages ask for; returns those that could not be finished.
    ///
    /// A worker that dies meanwhile leaves them to another: see ``counted(_:)``. One that workers have left three
    /// times is worked on by itself, so that a death is a try of that one only.
    package func handle(_ messages: [WorkMessage]) async -> [WorkMessage] {
        guard self.payments.ledger.isStoreSafe else { return messages }
        let batches: [[PaymentJob]]
        do { batches = try await self.batches(try await self.jobs(messages)) } catch {
            self.logger.debug("Jobs not read", metadata: ["error": "\(error)"])
            return messages
        }
        var unfinished: [WorkMessage] = []
        for batch in batches {
            do { unfinished += await self.carryOut(try await self.counted(batch)) } catch {
                self.logger.debug("Tries not counted", metadata: ["error": "\(error)"])
                unfinished += batch.map(\.message)
            }
        }
        return unfinished
    }

    /// Carries out jobs side by side; returns the messages of those that could not be finished.
    private func carryOut(_ jobs: [PaymentJob]) async -> [WorkMessage] {
        let whole = jobs.filter { self.payments.isWhole && $0.role == .locker }
        // A payment that an applier is given has its locks: its steps come before anybody takes more.
        var unfinished = await self.runSplit(jobs.filter { !self.payments.isWhole || $0.role == .applier })
        var left: [PaymentJob] = []
        for (job, outcome) in zip(whole, await self.runWhole(whole)) {
            guard let outcome else {
                left.append(job)
                continue
            }
            if await !self.settle(job, outcome) { unfinished.append(job.message) }
        }
        unfinished += await self.runSplit(left)
        return unfinished
    }

    private func runSplit(_ jobs: [PaymentJob]) async -> [WorkMessage] {
        await withTaskGroup(of: WorkMessage?.self) { group in
            var unfinished: [WorkMessage] = []
            for (index, job) in jobs.enumerated() {
                if index >= Self.concurrency, let left = await group.next() ?? nil { unfinished.append(left) }
                group.addTask {
                    let outcome = await self.payments.carryOut(job)
                    return await self.settle(job, outcome) ? nil : job.message
                }
            }
            for await left in group { if let left { unfinished.append(left) } }
            return unfinished
        }
    }

    // MARK: Reading messages

    /// The jobs that messages ask for; a wake-up names only the payment, whose record then names the accounts.
    private func jobs(_ messages: [WorkMessage]) async throws(PaymentsError) -> [PaymentJob] {
        var jobs: [PaymentJob?] = messages.map { Self.job($0) }
        let open = messages.indices.filter { jobs[$0] == nil }
        let ids = open.map { messages[$0].fields["operation"].flatMap { PaymentID($0) } }
        let known = ids.compactMap(\.self)
        let records = Dictionary(
            zip(known, try await self.payments.parties(known)),
            uniquingKeysWith: { first, _ in first }
        )
        for (index, id) in zip(open, ids) {
            if let id, let parties = records[id] ?? nil {
                jobs[index] = PaymentJob(message: messages[index], role: Self.role(messages[index]), parties: parties)
            } else {
                // Nothing that anybody could do anything for.
                try await self.payments.acknowledge(messages[index])
            }
        }
        return jobs.compactMap(\.self)
    }

    private static func role(_ message: WorkMessage) -> PaymentJob.Role {
        Self.lockedStreams.contains(message.stream) ? .applier : .locker
    }

    private static func job(_ message: WorkMessage) -> PaymentJob? {
        guard let id = message.fields["operation"].flatMap({ PaymentID($0) }),
            let from = message.fields["from"].flatMap({ Account(id: $0) }),
            let to = message.fields["to"].flatMap({ Account(id: $0) })
        else { return nil }
        return PaymentJob(message: message, role: Self.role(message), parties: PaymentParties(id, from: from, to: to))
    }
}
