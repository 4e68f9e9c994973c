import RESP
package import Redis
import Synchronization

/// The code keys of this process: those of its settings, and the one that lies in Redis.
///
/// Without configured keys, the first process that needs one makes it in Redis, and all others find it there.
package final class CodeKeeper: Sendable {
    private let redis: any RedisClient
    private let configured: [CodeKey]
    private let known = Mutex<CodeRing?>(nil)

    /// `configured` have versions from 1 on.
    package init(redis: any RedisClient, configured: [CodeKey]) {
        self.redis = redis
        self.configured = configured
    }

    /// The keys as they were last loaded; `nil` before the first time.
    package var ring: CodeRing? { self.known.withLock(\.self) }

    /// The keys, from Redis when they are not known yet.
    package func current() async throws(CouponError) -> CodeRing {
        if let ring = self.ring { return ring }
        return try await self.load()
    }

    /// Reads what Redis has, and makes a key there when there is none at all.
    ///
    /// Two round trips at most.
    package func load() async throws(CouponError) -> CodeRing {
        var keys = self.configured
        if keys.isEmpty, let made = CodeKey.random(version: 0) {
            _ = try await self.send(RedisCommand("HSETNX", .key(CouponKeys.secrets), "0", .text(made.text)))
        }
        let secret = try await self.send(RedisCommand("HGET", .key(CouponKeys.secrets), "0")).string
        if let secret {
            guard let key = CodeKey(version: 0, text: secret) else { throw .codeKey }
            keys.append(key)
        }
        guard let ring = CodeRing(keys) else { throw .codeKey }
        self.known.withLock { $0 = ring }
        return ring
    }

    private func send(_ command: RedisCommand) async throws(CouponError) -> RESPValue {
        do { return try await self.redis.send(command, within: nil) } catch { throw CouponError(error) }
    }
}
