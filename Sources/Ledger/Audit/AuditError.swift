package import Redis

/// Why an audit has no report.
package enum AuditError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Redis could not be read, also not after several tries.
    case unreadable(RedisError)
    /// Redis answered what such a command never gets.
    case malformedReply(command: String)

    package var description: String {
        switch self {
        case .unreadable(let error): "Redis cannot be read: \(error)"
        case .malformedReply(let command): "Redis gave a strange answer to \(command)"
        }
    }
}

extension AuditError: RedisCaused {
    package var redisError: RedisError? {
        guard case .unreadable(let error) = self else { return nil }
        return error
    }
}
