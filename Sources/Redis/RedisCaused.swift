/// An error behind which there may be one of Redis.
package protocol RedisCaused: Error {
    /// What Redis, or the way to it, said; `nil` when this is about something else.
    var redisError: RedisError? { get }
}

extension RedisError: RedisCaused {
    package var redisError: RedisError? { self }
}
