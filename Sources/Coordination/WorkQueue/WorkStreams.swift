import RESP
import Redis
import Synchronization

/// The commands of one consumer on its streams of work.
///
/// Everything but ``read(on:block:)`` is answered at once and goes over the shared connections.
struct WorkStreams: Sendable {
    /// The outcome of a read.
    enum Read: Sendable {
        case messages([WorkMessage])
        case failed(RedisError)
    }

    /// The messages that a reclaim took over, and where it goes on in each stream.
    struct Reclaim: Sendable {
        var messages: [WorkMessage] = []
        var cursors: [String: String] = [:]
        var error: RedisError?
    }

    private let redis: any RedisClient
    private let streams: [String]
    private let consumer: String
    private let configuration: WorkQueue.Configuration
    /// Ten years: older than any limit, and not so old that Redis takes it for a mistake.
    private static let handedBackIdle = Duration.seconds(315_360_000)

    init(redis: any RedisClient, streams: [String], consumer: String, configuration: WorkQueue.Configuration) {
        self.redis = redis
        self.streams = streams
        self.consumer = consumer
        self.configuration = configuration
    }

    /// Reads new messages, the streams' in their order, and waits for one.
    ///
    /// `count` is the most of each. `reader` learns which connection waits, so that the wait can be ended. One round
    /// trip.
    func read(
        on connection: RedisPrivateConnection,
        block: Duration,
        count: Int,
        reader: BlockedReader
    ) async -> Read {
        var arguments: [RedisArgument] = ["GROUP", .text(WorkQueue.group), .text(self.consumer)]
        arguments += ["COUNT", .integer(count), "BLOCK", Self.milliseconds(block), "STREAMS"]
        arguments += self.streams.map { .key($0) }
        arguments += self.streams.map { _ in ">" }
        let outcomes = await connection.send(
            [RedisCommand("CLIENT", "ID"), RedisCommand("XREADGROUP", arguments).blocking(for: block)],
            within: block + connection.commandDeadline
        )
        switch outcomes[1] {
        case .success(let reply): return .messages(Self.messages(reply))
        case .failure(let error):
            // The reply to the first is known even when nobody waits for the second any more.
            if case .success(let reply) = outcomes[0] { reader.identifier = reply.integerValue }
            return .failed(error)
        }
    }

    /// Ends a wait in Redis whose answer nobody wants.
    ///
    /// One round trip.
    func unblock(_ reader: BlockedReader) async {
        guard let identifier = reader.identifier else { return }
        // When it cannot be ended, it ends by itself after its block time.
        _ = try? await self.redis.send(
            RedisCommand("CLIENT", "UNBLOCK", .integer(Int(identifier))),
            within: self.configuration.block
        )
    }

    /// Makes the group in every stream that has none, and the stream with it.
    ///
    /// One round trip.
    func createGroups() async {
        // Each outcome is the same to the caller: it reads again, and sees. A group that is there is refused.
        _ = await self.redis.send(
            self.streams.map {
                RedisCommand("XGROUP", "CREATE", .key($0), .text(WorkQueue.group), "0", "MKSTREAM")
            },
            within: nil
        )
    }

    /// Takes over messages that were idle for too long, from each stream's cursor on, at most `count` of each.
    ///
    /// One round trip.
    func reclaim(from cursors: [String: String], count: Int) async -> Reclaim {
        let streams = self.streams.filter { cursors[$0] != nil }
        let outcomes = await self.redis.send(
            streams.map { stream in
                RedisCommand(
                    "XAUTOCLAIM",
                    .key(stream),
                    .text(WorkQueue.group),
                    .text(self.consumer),
                    Self.milliseconds(self.configuration.reclaimAfter),
                    .text(cursors[stream] ?? "0-0"),
                    "COUNT",
                    .integer(count)
                )
            },
            within: nil
        )
        var reclaim = Reclaim()
        for (stream, outcome) in zip(streams, outcomes) {
            switch outcome {
            case .failure(let error): reclaim.error = error
            case .success(let reply):
                // The third part names messages that were deleted: nobody needs them any more.
                guard let parts = reply.array, parts.count >= 2 else { continue }
                reclaim.cursors[stream] = parts[0].string
                reclaim.messages += (parts[1].array ?? []).compactMap {
                    WorkMessage(entry: $0, stream: stream, isRedelivered: true)
                }
            }
        }
        return reclaim
    }

    /// Forgets consumers that are gone.
    ///
    /// All streams at once.
    func clean() async throws(RedisError) {
        try await self.onEach { stream in
            RedisScriptCall(
                .workQueueClean,
                keys: [stream],
                arguments: [.text(WorkQueue.group), Self.milliseconds(self.configuration.consumerIdleLimit)]
            )
        }
    }

    /// Takes what earlier consumers of this one's place left, for the next reclaim to find; returns how many messages.
    ///
    /// They are those whose names begin with `place` and a hyphen. All streams at once.
    func inherit(_ place: String) async throws(RedisError) -> Int64 {
        let count = Mutex<Int64>(0)
        try await self.onEach(
            { stream in
                RedisScriptCall(
                    .workQueueInherit,
                    keys: [stream],
                    arguments: [
                        .text(WorkQueue.group), .text(self.consumer), .text("\(place)-"),
                        Self.milliseconds(Self.handedBackIdle),
                    ]
                )
            },
            { taken in count.withLock { $0 += taken } }
        )
        return count.withLock(\.self)
    }

    /// Hands back what this consumer has not finished, and forgets it where there is nothing.
    ///
    /// All streams at once.
    func leave() async throws(RedisError) {
        try await self.onEach { stream in
            RedisScriptCall(
                .workQueueLeave,
                keys: [stream],
                arguments: [.text(WorkQueue.group), .text(self.consumer), Self.milliseconds(Self.handedBackIdle)]
            )
        }
    }

    /// Runs a script for every stream, as many at once as there are; throws the last failure.
    private func onEach(
        _ call: @escaping @Sendable (String) -> RedisScriptCall,
        _ told: @escaping @Sendable (Int64) -> Void = { _ in }
    ) async throws(RedisError) {
        let failure = await withTaskGroup { group in
            for stream in self.streams {
                group.addTask { () -> RedisError? in
                    do throws(RedisError) {
                        told(try await self.redis.run(call(stream), within: nil).integerValue ?? 0)
                    } catch { return error }
                    return nil
                }
            }
            return await group.reduce(nil) { $1 ?? $0 }
        }
        if let failure { throw failure }
    }

    /// Reads `[[stream, [entry, …]], …]`; nothing when the wait was in vain.
    private static func messages(_ reply: RESPValue) -> [WorkMessage] {
        (reply.array ?? []).flatMap { part -> [WorkMessage] in
            guard let parts = part.array, parts.count == 2, let stream = parts[0].string else { return [] }
            return (parts[1].array ?? []).compactMap { WorkMessage(entry: $0, stream: stream, isRedelivered: false) }
        }
    }

    private static func milliseconds(_ duration: Duration) -> RedisArgument {
        .integer(Int(max(duration.inMilliseconds, 1)))
    }
}

/// The connection on which a read was given up while Redis still keeps it.
final class BlockedReader: Sendable {
    private let state = Mutex<Int64?>(nil)

    /// Redis's number for it; `nil` while no read was given up.
    var identifier: Int64? {
        get { self.state.withLock(\.self) }
        set { self.state.withLock { $0 = newValue } }
    }
}

extension RedisScript {
    fileprivate static let workQueueClean = RedisScript(
        "work_queue_clean",
        source: PackageResources.work_queue_clean_lua
    )
    fileprivate static let workQueueInherit = RedisScript(
        "work_queue_inherit",
        source: PackageResources.work_queue_inherit_lua
    )
    fileprivate static let workQueueLeave = RedisScript(
        "work_queue_leave",
        source: PackageResources.work_queue_leave_lua
    )
}
