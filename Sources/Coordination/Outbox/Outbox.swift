import RESP
package import Redis

/// A durable list of messages that are to leave: one stream or several, each with one for what could not be delivered.
///
/// Several, when the scripts that append messages run in several shards: a script reaches the keys of one shard only.
package struct Outbox: Sendable {
    /// The two keys of a stream, which share a hash tag.
    package struct Stream: Hashable, Sendable {
        package let key: String
        package let deadKey: String

        package init(key: String, deadKey: String) {
            self.key = key
            self.deadKey = deadKey
        }
    }

    /// How far a reader has come in each stream; at first, before all entries.
    package struct Position: Hashable, Sendable {
        fileprivate var ids: [Stream: String] = [:]
        /// The stream whose turn it is when there is not room for one message of each.
        fileprivate var turn = 0

        package init() {}

        /// Moves behind a message.
        package mutating func pass(_ message: OutboxMessage) { self.ids[message.stream] = message.id }
    }

    /// The messages that one look at the streams found.
    package struct Page: Sendable {
        package let messages: [OutboxMessage]
        /// Where to read on.
        package let position: Position
        /// Why some streams, or all, could not be read.
        package let failure: RedisError?
    }

    /// A message that could not be delivered, and why.
    package struct DeadLetter: Hashable, Sendable {
        package let message: OutboxMessage
        package let reason: String
    }

    /// Dead letters that are kept of each stream, about; the oldest go first.
    package static let deadLetterLimit = 100_000

    package let streams: [Stream]
    private let redis: any RedisClient

    package init(streams: [Stream], redis: any RedisClient) {
        precondition(!streams.isEmpty)
        self.streams = streams
        self.redis = redis
    }

    /// An outbox of one stream; `key` and `deadKey` share a hash tag.
    package init(key: String, deadKey: String, redis: any RedisClient) {
        self.init(streams: [Stream(key: key, deadKey: deadKey)], redis: redis)
    }

    /// Messages behind `position`, those of one stream in their order, `limit` at most over all streams.
    ///
    /// One round trip; more while some streams have used up their share of `limit` and others have not.
    package func messages(after position: Position, limit: Int) async -> Page {
        var position = position
        let (entries, failure) = await self.entries(\.key, after: &position, limit: limit)
        let messages = entries.compactMap { OutboxMessage(entry: $0.entry, of: $0.stream) }
        return Page(messages: messages, position: position, failure: failure)
    }

    /// Removes what was delivered.
    ///
    /// Safe to repeat. One round trip.
    package func remove(_ message: OutboxMessage) async throws(RedisError) {
        _ = try await self.redis.send(RedisCommand("XDEL", .key(message.stream.key), .text(message.id)), within: nil)
    }

    /// Moves a message to the dead letters of its stream.
    ///
    /// Safe to repeat. One round trip.
    package func bury(_ message: OutboxMessage, reason: String) async throws(RedisError) {
        _ = try await self.redis.run(
            RedisScriptCall(
                .outboxBury,
                keys: [message.stream.key, message.stream.deadKey],
                arguments: [.text(message.id), .text(reason), .integer(Self.deadLetterLimit)]
            ),
            within: nil
        )
    }

    /// Dead letters behind `position`, all from the first with `nil`; of one stream the oldest first.
    ///
    /// `limit` is at least the number of streams. Round trips as in ``messages(after:limit:)``.
    package func deadLetters(after position: Position?, limit: Int) async throws(RedisError) -> [DeadLetter] {
        precondition(limit >= self.streams.count)
        var position = position ?? Position()
        let (entries, failure) = await self.entries(\.deadKey, after: &position, limit: limit)
        if let failure { throw failure }
        return entries.compactMap { stream, entry in
            guard let message = OutboxMessage(entry: entry, of: stream) else { return nil }
            let reason = entry.array?.last?.array?.last?.string ?? ""
            return DeadLetter(message: message, reason: reason)
        }
    }

    /// Puts a dead letter back into its stream, with its old idempotency key.
    ///
    /// Returns whether it was there. One round trip.
    package func replay(_ letter: DeadLetter) async throws(RedisError) -> Bool {
        let stream = letter.message.stream
        let reply = try await self.redis.run(
            RedisScriptCall(
                .outboxReplay,
                keys: [stream.key, stream.deadKey],
                arguments: [.text(letter.message.id)]
            ),
            within: nil
        )
        return reply.integerValue == 1
    }

    /// Reads on in all streams, and moves `position` behind what was read, whether it is a message or not.
    private func entries(
        _ key: (Stream) -> String,
        after position: inout Position,
        limit: Int
    ) async -> (entries: [(stream: Stream, entry: RESPValue)], failure: RedisError?) {
        var asked = self.turn(&position, limit: limit)
        var found: [(stream: Stream, entry: RESPValue)] = []
        var failure: RedisError?
        while !asked.isEmpty {
            let share = (limit - found.count) / asked.count
            let commands = asked.map { Self.read(key($0), after: position.ids[$0], limit: share) }
            let replies = await self.redis.send(commands, within: nil)
            var more: [Stream] = []
            for (stream, reply) in zip(asked, replies) {
                switch reply {
                case .success(let value):
                    let entries = value.array ?? []
                    found += entries.map { (stream, $0) }
                    if let id = entries.last?.array?.first?.string { position.ids[stream] = id }
                    if entries.count == share { more.append(stream) }
                case .failure(let error): failure = error
                }
            }
            asked = Array(more.prefix(limit - found.count))
        }
        return (found, failure)
    }

    /// The streams to ask: all, or as many as `limit` has room for, others each time.
    private func turn(_ position: inout Position, limit: Int) -> [Stream] {
        let count = min(max(limit, 0), self.streams.count)
        let first = position.turn
        position.turn = (first + count) % self.streams.count
        return (0..<count).map { self.streams[(first + $0) % self.streams.count] }
    }

    private static func read(_ key: String, after id: String?, limit: Int) -> RedisCommand {
        let start = id.map { "(" + $0 } ?? "-"
        return RedisCommand("XRANGE", .key(key), .text(start), "+", "COUNT", .integer(limit))
    }
}

extension RedisScript {
    fileprivate static let outboxBury = RedisScript("outbox_bury", source: PackageResources.outbox_bury_lua)
    fileprivate static let outboxReplay = RedisScript("outbox_replay", source: PackageResources.outbox_replay_lua)
}
