import Access
import Evidence
import Redis
import Web

/// Why a command could not do its work, in words for people; each case is one cause, and has one exit code.
package enum CommandFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// Redis or a node cannot be reached, gave no answer in time, or does not let us in.
    case unavailable(String)
    /// The request was understood, and is not carried out.
    case refused(String)
    /// The input cannot be used, or names nothing that there is.
    case unusable(String)
    /// The answer is not what it should be, or not what was written.
    case strange(String)

    package var description: String {
        switch self {
        case .unavailable(let text), .refused(let text), .unusable(let text), .strange(let text): text
        }
    }

    /// `nil` for what is no error of a feature or of Redis.
    ///
    /// `reason` is what the system said when the connection to Redis failed, or nothing.
    init?(_ error: any Error, at address: RedisAddress, reason: String) {
        if let cause = (error as? any RedisCaused)?.redisError {
            self = .unavailable(Self.text(cause, "Redis at \(address.text)", reason))
            return
        }
        switch error {
        case let error as RedisConfigurationError: self = .unusable("Redis: \(error)")
        case let error as AccessError: self.init(error)
        case let error as AuditError: self.init(error)
        case let error as any ProblemConvertible: self = .refused(error.problem.title)
        default: return nil
        }
    }

    private init(_ error: AccessError) {
        switch error {
        case .nameInvalid, .scopeInvalid, .lifeInvalid: self = .unusable("\(error)")
        case .tooMany, .unknown, .ended, .store: self = .refused("\(error)")
        }
    }

    private init(_ error: AuditError) {
        switch error {
        case .unreadable, .malformedReply: self = .strange("\(error)")
        case .unavailable: self = .unavailable("\(error)")
        case .unusable: self = .unusable("\(error)")
        }
    }

    private static func text(_ error: RedisError, _ place: String, _ reason: String) -> String {
        switch error {
        case .notSent(let cause): Self.text(cause, place, reason)
        case .outcomeUnknown(let cause):
            "\(Self.text(cause, place, reason)); what was asked for may have been done"
        case .refused(let refusal): "\(place) refuses: \(refusal.message)"
        }
    }

    private static func text(_ cause: RedisError.Cause, _ place: String, _ reason: String) -> String {
        switch cause {
        case .unreachable, .notConnected, .closed, .untrusted:
            "cannot reach \(place)\(reason.isEmpty ? "" : ": \(reason)")"
        case .greetingRefused(let kind):
            "\(place) does not let us in: \(reason.isEmpty ? kind.rawValue : reason)"
        case .silent, .deadlineExceeded: "\(place) does not answer in time"
        case .overloaded: "\(place) is too slow for what it is asked"
        case .malformedReply, .unsolicitedReply: "what answers at \(place) is no Redis"
        case .demoted: "\(place) does not take writes any more"
        case .draining, .cancelled: "the command was ended before \(place) answered"
        }
    }
}
