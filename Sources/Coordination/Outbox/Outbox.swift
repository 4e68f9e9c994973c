import RESP
package import Redis

/// A durable list of messages that are to leave: a stream, and a second one for what could never be delivered.
package struct Outbox: Sendable {
    /// A message that could not be delivered, and why.
    package struct DeadLetter: Hashable, Sendable {
        package let message: OutboxMessage
        package let reason: String
    }

    /// Dead letters that are kept, about; the oldest go first.
    package static let deadLetterLimit = 100_000

    package let key: String
    private let deadKey: String
    private let redis: any RedisClient

    /// `key` and `deadKey` share a hash tag.
    package init(key: String, deadKey: String, redis: any RedisClient) {
        self.key = key
        self.deadKey = deadKey
        self.redis = redis
    }

    /// Messages behind `id` in their order, `limit` at most; all from the first with `id` nil.
    ///
    /// One round trip.
    package func messages(after id: String?, limit: Int) async throws(RedisError) -> [OutboxMessage] {
        try await self.entries(self.key, after: id, limit: limit).compactMap { OutboxMessage(entry: $0) }
    }

    /// Removes what was delivered.
    ///
    /// Safe to repeat. One round trip.
    package func remove(_ message: OutboxMessage) async throws(RedisError) {
        _ = try await self.redis.send(RedisCommand("XDEL", .key(self.key), .text(message.id)), within: nil)
    }

    /// Moves a message to the dead letters.
    ///
    /// Safe to repeat. One round trip.
    package func bury(_ message: OutboxMessage, reason: String) async throws(RedisError) {
        _ = try await self.redis.run(
            RedisScriptCall(
                .outboxBury,
                keys: [self.key, self.deadKey],
                arguments: [.text(message.id), .text(reason), .integer(Self.deadLetterLimit)]
            ),
            within: nil
        )
    }

    /// Dead letters behind `id`, oldest first.
    ///
    /// One round trip.
    package func deadLetters(after id: String?, limit: Int) async throws(RedisError) -> [DeadLetter] {
        try await self.entries(self.deadKey, after: id, limit: limit).compactMap { entry in
            guard let message = OutboxMessage(entry: entry) else { return nil }
            let reason = entry.array?.last?.array?.last?.string ?? ""
            return DeadLetter(message: message, reason: reason)
        }
    }

    /// Puts a dead letter back, with its old idempotency key.
    ///
    /// Returns whether it was there. One round trip.
    package func replay(_ letter: DeadLetter) async throws(RedisError) -> Bool {
        let reply = try await self.redis.run(
            RedisScriptCall(.outboxReplay, keys: [self.key, self.deadKey], arguments: [.text(letter.message.id)]),
            within: nil
        )
        return reply.integerValue == 1
    }

    private func entries(_ key: String, after id: String?, limit: Int) async throws(RedisError) -> [RESPValue] {
        let start = id.map { "(" + $0 } ?? "-"
        let command = RedisCommand("XRANGE", .key(key), .text(start), .text("+"), .text("COUNT"), .integer(limit))
        return try await self.redis.send(command, within: nil).array ?? []
    }
}

extension RedisScript {
    fileprivate static let outboxBury = RedisScript("outbox_bury", source: PackageResources.outbox_bury_lua)
    fileprivate static let outboxReplay = RedisScript("outbox_replay", source: PackageResources.outbox_replay_lua)
}
