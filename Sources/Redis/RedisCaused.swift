/// An error behind which there may be one of Redis.
package protocol RedisCaused: Error {
    /// The error of Redis, or of the way to it, that caused this one; `nil` when something else did.
    var redisError: RedisError? { get }
}

extension RedisError: RedisCaused {
    package var redisError: RedisError? { self }
}
