package import Redis

/// Why an audit has no report.
package enum AuditError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Redis could not be read, also not after several tries.
    case unreadable(RedisError)
    /// Redis answered what such a command never gets.
    case malformedReply(command: String)
    /// The other source that Redis is compared with, such as a chain, could not be read; in words for people.
    case unavailable(String)
    /// The wanted object or the settings cannot be audited; in words for people.
    case unusable(String)

    package var description: String {
        switch self {
        case .unreadable(let error): "Redis cannot be read: \(error)"
        case .malformedReply(let command): "Redis gave a strange answer to \(command)"
        case .unavailable(let text), .unusable(let text): text
        }
    }

    /// Whether Redis refused because a key holds another type than the command is for.
    package var isWrongType: Bool {
        guard case .unreadable(.refused(let refusal)) = self else { return false }
        return refusal.kind == .wrongType
    }
}

extension AuditError: RedisCaused {
    package var redisError: RedisError? {
        guard case .unreadable(let error) = self else { return nil }
        return error
    }
}
