import RESP
package import Redis

/// What is known of an idempotency key, without doing anything.
package struct IdempotencyLookup: Sendable {
    package struct Record: Hashable, Sendable {
        package let method: String
        package let path: String
        /// The status of the answer that is kept; `nil` while there is none yet.
        package let status: Int?
        package let expires: ServerTime
    }

    private let redis: any RedisClient
    private let besides: @Sendable (_ digest: String) -> String

    /// `besides` is where else than in the shards a key's records may lie.
    package init(redis: any RedisClient, besides: @escaping @Sendable (_ digest: String) -> String) {
        self.redis = redis
        self.besides = besides
    }

    /// The requests of this caller that carried the key and are still remembered, in order of their path.
    ///
    /// The key alone does not say in which shard its record lies, so all are asked: 65 commands, one round trip. Of a
    /// key that was used for very many requests about a thousand of a shard are found.
    package func records(caller: String, key: String, at now: ServerTime) async throws(RedisError) -> [Record] {
        let digest = IdempotencyClaim.digest(caller: caller, key: key)
        let keys = Shard.all.map { ShardKeys.idempotency($0, digest: digest) } + [self.besides(digest)]
        let commands = keys.map { RedisCommand("HSCAN", .key($0), 0, "COUNT", 1000) }
        var records: [Record] = []
        for result in await self.redis.send(commands, within: nil) {
            let words = (try result.get().array?.last?.array ?? []).map { $0.string ?? "" }
            for index in stride(from: 0, to: words.count - 1, by: 2) {
                guard let record = Self.record(request: words[index], value: words[index + 1]) else { continue }
                if record.status == nil || record.expires > now { records.append(record) }
            }
        }
        return records.sorted { ($0.path, $0.method) < ($1.path, $1.method) }
    }

    private static func record(request: String, value: String) -> Record? {
        let names = request.split(separator: " ", maxSplits: 1)
        let words = value.split(separator: " ", maxSplits: 3)
        guard names.count == 2, words.count == 4, let expires = Int64(words[0]), let status = Int(words[2]) else {
            return nil
        }
        return Record(
            method: String(names[0]),
            path: String(names[1]),
            status: status == 0 ? nil : status,
            expires: ServerTime(milliseconds: expires)
        )
    }
}
