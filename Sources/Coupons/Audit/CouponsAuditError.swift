package import Redis

/// Why an audit of coupons has no report.
package enum CouponsAuditError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Redis could not be read, also not after several tries.
    case unreadable(RedisError)
    /// Redis answered what such a command never gets.
    case malformedReply(command: String)
    case campaignUnknown(Int64)
    /// Two code keys have one version, or the one in Redis is none.
    case codeKeys

    package var description: String {
        switch self {
        case .unreadable(let error): "Redis cannot be read: \(error)"
        case .malformedReply(let command): "Redis gave a strange answer to \(command)"
        case .campaignUnknown(let id): "There is no campaign \(id)"
        case .codeKeys: "The code keys cannot be used: two have one version, or the one in Redis is none"
        }
    }
}

extension CouponsAuditError: RedisCaused {
    package var redisError: RedisError? {
        guard case .unreadable(let error) = self else { return nil }
        return error
    }
}
