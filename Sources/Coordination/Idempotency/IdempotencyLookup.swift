import RESP
package import Redis

/// A look-up of the records under an idempotency key, which changes nothing.
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
    /// The key alone does not say in which of 65 places its records lie. One command asks how many of them have any,
    /// which is all for a key that nobody has used; halving the places finds those, with at most 14 more for one. Of a
    /// key that was used for very many requests about a thousand of a shard are found.
    package func records(caller: String, key: String, at now: ServerTime) async throws(RedisError) -> [Record] {
        let digest = IdempotencyClaim.digest(caller: caller, key: key)
        let keys = Shard.all.map { ShardKeys.idempotency($0, digest: digest) } + [self.besides(digest)]
        var records: [Record] = []
        for key in try await self.used(keys[...]) {
            let commands = [RedisCommand("HSCAN", .key(key), 0, "COUNT", 1000)]
            guard let result = await self.redis.send(commands, within: nil).first else { continue }
            let words = (try result.get().array?.last?.array ?? []).map { $0.string ?? "" }
            for index in stride(from: 0, to: words.count - 1, by: 2) {
                guard let record = Self.record(request: words[index], value: words[index + 1]) else { continue }
                if record.status == nil || record.expires > now { records.append(record) }
            }
        }
        return records.sorted { ($0.path, $0.method) < ($1.path, $1.method) }
    }

    /// The keys that exist, among these.
    private func used(_ keys: ArraySlice<String>) async throws(RedisError) -> [String] {
        var found: [String] = []
        var parts: [(keys: ArraySlice<String>, count: Int?)] = [(keys, nil)]
        while let (keys, known) = parts.popLast() {
            let count: Int
            if let known { count = known } else { count = try await self.count(keys) }
            switch count {
            case 0: break
            case keys.count: found += keys
            default:
                let middle = keys.startIndex + keys.count / 2
                let first = try await self.count(keys[..<middle])
                // The count of one half follows from the other's: it is not asked for.
                parts.append((keys[middle...], min(max(0, count - first), keys.endIndex - middle)))
                parts.append((keys[..<middle], first))
            }
        }
        return found
    }

    private func count(_ keys: ArraySlice<String>) async throws(RedisError) -> Int {
        let commands = [RedisCommand("EXISTS", keys.map { .key($0) })]
        guard let result = await self.redis.send(commands, within: nil).first else { return 0 }
        return Int(try result.get().integerValue ?? 0)
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
