package import Logging
import Metrics
package import Redis
import ServiceLifecycle
import Timing

/// Work that any number of processes share: each message of some streams goes to one consumer, at least once.
///
/// A message stays until the script that does what it asks for finishes it too (`work_done`, see
/// ``LuaLibrary/workQueue``). Another consumer takes over a message that one leaves unfinished after
/// ``Configuration/reclaimAfter``, and at once when that one was stopped in good order. Messages that are taken over
/// and new ones have no order between them, and a message may be handled twice at the same time: the scripts decide
/// what must happen once.
package final class WorkQueue: Service, Sendable {
    /// Handles what one read or one reclaim gave, and returns what it could not finish.
    ///
    /// It has finished all others by scripts of its own. The next read comes when it returns, so it sets the pace; when
    /// it could finish none, the queue takes that for an outage and waits, up to a second, before it goes on.
    package typealias Handle = @Sendable ([WorkMessage]) async -> [WorkMessage]

    /// The one consumer group of every stream of work.
    package static let group = "workers"

    private let connection: RedisPrivateConnection
    private let work: WorkStreams
    private let streams: [String]
    private let place: String?
    private let isReady: @Sendable () -> Bool
    private static let readinessInterval = Duration.milliseconds(10)
    private let configuration: Configuration
    private let logger: Logger
    private let handle: Handle
    private let reader = BlockedReader()
    private let read = WorkQueue.counter("read")
    private let reclaimed = WorkQueue.counter("reclaimed")
    private let unfinished = WorkQueue.counter("unfinished")

    /// `streams` stand in order of priority: a read that finds messages in several gives them in this order.
    ///
    /// `consumer` is different for every queue that runs, in all processes. Consumers whose names begin with `place`
    /// and a hyphen were there before it and are gone: the messages they left are taken over at the start, and not only
    /// after ``Configuration/reclaimAfter``. One that is not gone loses nothing by it but work that is done twice.
    /// While `isReady` says no, nothing is read: a message that cannot be handled comes again only after that time.
    package init(
        node: RedisNode,
        streams: [String],
        consumer: String,
        place: String? = nil,
        isReady: @escaping @Sendable () -> Bool = { true },
        configuration: Configuration,
        logger: Logger,
        handle: @escaping Handle
    ) {
        precondition(!streams.isEmpty && configuration.batchLimit > 0)
        self.connection = node.privateConnection(name: "work")
        self.work = WorkStreams(redis: node, streams: streams, consumer: consumer, configuration: configuration)
        self.streams = streams
        self.place = place
        self.isReady = isReady
        self.configuration = configuration
        self.logger = logger
        self.handle = handle
    }

    /// Reads and hands on messages until graceful shutdown or cancellation.
    ///
    /// Both stop the reading at once, and the running `handle` is waited for. At graceful shutdown it is not disturbed,
    /// and what it leaves is handed back; a cancelled queue can no longer say anything, and others find its messages
    /// after ``Configuration/reclaimAfter``. The node must run longer than this. Call it once.
    package func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.connection.run() }
            group.addTask { await self.loop() }
            while try await group.next() != nil {}
        }
        // Only now: with its connection closed, no message can come to this consumer any more.
        guard !Task.isCancelled else { return }
        do { try await self.work.leave() } catch {
            self.logger.debug("Work not handed back", metadata: ["error": "\(error)"])
        }
    }

    private func loop() async {
        while !Self.isStopping, !self.isReady() { await self.sleep(Self.readinessInterval) }
        let hasInherited = await self.inherit()
        var machine = WorkQueueMachine(
            streams: self.streams,
            configuration: self.configuration,
            at: .now,
            jitter: .random(in: 0..<1)
        )
        if hasInherited { machine.inherited(at: .now) }
        while !Self.isStopping {
            guard self.isReady() else {
                await self.sleep(Self.readinessInterval)
                continue
            }
            switch machine.next(at: .now, jitter: .random(in: 0..<1)) {
            case .clean:
                do { try await self.work.clean() } catch { await self.pause(&machine, "clean", error) }
            case .read(let block):
                switch await self.wait(block, machine.batch) {
                case .messages(let messages): await self.hand(messages, &machine, counter: self.read)
                case .failed(let error): await self.pause(&machine, "read", error)
                }
            case .reclaim(let cursors):
                let reclaim = await self.work.reclaim(from: cursors, count: machine.batch)
                machine.reclaimed(reclaim.cursors)
                // Messages that were taken over are handled, whatever became of the other streams.
                if !reclaim.messages.isEmpty { await self.hand(reclaim.messages, &machine, counter: self.reclaimed) }
                if let error = reclaim.error { await self.pause(&machine, "reclaim", error) }
            }
        }
        await self.work.unblock(self.reader)
    }

    /// Whether one that was here before left something.
    private func inherit() async -> Bool {
        guard let place = self.place else { return false }
        do { return try await self.work.inherit(place) > 0 } catch {
            // Then it is taken over as from anybody else.
            self.logger.debug("Work not inherited", metadata: ["error": "\(error)"])
            return false
        }
    }

    /// A read that the graceful shutdown ends.
    private func wait(_ block: Duration, _ count: Int) async -> WorkStreams.Read {
        await cancelWhenGracefulShutdown {
            await self.work.read(on: self.connection, block: block, count: count, reader: self.reader)
        }
    }

    private func hand(_ messages: [WorkMessage], _ machine: inout WorkQueueMachine, counter: Counter) async {
        counter.increment(by: messages.count)
        // Messages that came with the shutdown are handed back unseen.
        guard !messages.isEmpty, !Self.isStopping else { return machine.succeeded() }
        let begun = Uptime.now
        let unfinished = await self.handle(messages)
        machine.handled(in: .now - begun)
        self.unfinished.increment(by: unfinished.count)
        guard unfinished.count >= messages.count else { return machine.succeeded() }
        await self.sleep(machine.failed(jitter: .random(in: 0..<1)))
    }

    private func pause(_ machine: inout WorkQueueMachine, _ step: String, _ error: RedisError) async {
        guard !Self.isStopping else { return }
        self.logger.debug("Work queue step failed", metadata: ["step": "\(step)", "error": "\(error)"])
        if error.isUnknownGroup { await self.work.createGroups() }
        await self.sleep(machine.failed(jitter: .random(in: 0..<1)))
    }

    private func sleep(_ duration: Duration) async {
        // Cancellation ends the sleep, and the loop sees it.
        await cancelWhenGracefulShutdown { try? await Task.sleep(for: duration, clock: .loop) }
    }

    private static var isStopping: Bool { Task.isCancelled || Task.isShuttingDownGracefully }

    private static func counter(_ outcome: String) -> Counter {
        Counter(label: "tally_work_messages_total", dimensions: [("outcome", outcome)])
    }
}

extension RedisError {
    /// Whether a stream or its group is not there.
    fileprivate var isUnknownGroup: Bool {
        guard case .refused(let refusal) = self else { return false }
        return refusal.message.hasPrefix("NOGROUP")
    }
}
