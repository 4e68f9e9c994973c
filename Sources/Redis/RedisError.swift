/// Why a command has no answer, said so that the caller knows whether to send it again.
package enum RedisError: Error, Hashable, Sendable {
    /// The command had no effect: it never left this process.
    case notSent(Cause)
    /// The command was written and its reply never came. It may have run.
    case outcomeUnknown(Cause)
    /// Redis read the command and refused it.
    case refused(RedisRefusal)

    package enum Cause: Hashable, Sendable {
        /// No connection has been opened yet, or the last one is gone and the next one not greeted.
        case notConnected
        /// No connection could be opened: refused, unreachable, name unknown or too slow.
        case unreachable
        /// The peer of a `rediss` connection could not prove who it is, or does not speak TLS.
        case untrusted
        /// This process is shutting down.
        case draining
        /// More commands wait than the configuration allows.
        case overloaded
        /// The peer closed the connection, or it broke.
        case closed
        /// The peer owed a reply and sent nothing for the silence limit.
        case silent
        case deadlineExceeded
        case cancelled
        /// The bytes are not RESP2, or larger than the limits.
        case malformedReply
        /// A reply came that nobody asked for.
        case unsolicitedReply
        /// Redis refused the connection's first commands, of which authentication is one.
        case greetingRefused(RedisRefusal.Kind)
        /// The server is no primary any more, or forgot who we are; the connection is replaced by a new one.
        case demoted
    }
}

extension RedisError.Cause {
    /// A word for logs and metric labels.
    package var label: String {
        switch self {
        case .notConnected: "not_connected"
        case .unreachable: "unreachable"
        case .untrusted: "untrusted"
        case .draining: "draining"
        case .overloaded: "overloaded"
        case .closed: "closed"
        case .silent: "silent"
        case .deadlineExceeded: "deadline_exceeded"
        case .cancelled: "cancelled"
        case .malformedReply: "malformed_reply"
        case .unsolicitedReply: "unsolicited_reply"
        case .greetingRefused(let kind): "greeting_refused_\(kind.rawValue)"
        case .demoted: "demoted"
        }
    }
}

extension RedisError: CustomStringConvertible {
    /// The metric label `class`: one of a closed set.
    package var label: String {
        switch self {
        case .notSent(let cause): "not_sent_\(cause.label)"
        case .outcomeUnknown(let cause): "outcome_unknown_\(cause.label)"
        case .refused(let refusal): "refused_\(refusal.kind.rawValue)"
        }
    }

    /// For logs: no secrets, and at most some 250 characters of printable ASCII.
    package var description: String {
        guard case .refused(let refusal) = self else { return self.label }
        return "\(self.label): \(refusal.message)"
    }

    /// Whether Redis is certain to hold no effect of the command.
    package var hadNoEffect: Bool {
        switch self {
        case .notSent: true
        case .outcomeUnknown: false
        case .refused(let refusal): refusal.hadNoEffect
        }
    }
}
