/// Why a request has no answer, said so that the caller knows whether to send it again.
package enum OutboundError: Error, Hashable, Sendable {
    /// No byte of the request left this process. Sending it again is safe.
    case notSent(Cause)
    /// A connection was ready and the request may have left. It may have had its effect.
    case outcomeUnknown(Cause)

    package enum Cause: String, Hashable, Sendable {
        /// The name leads nowhere.
        case unresolved = "unresolved"
        /// Nobody accepts connections there.
        case unreachable = "unreachable"
        /// Every address the name leads to is inside, or the policy does not list the host any more.
        case blockedAddress = "blocked_address"
        /// The other side is not who it should be, or speaks no TLS we accept.
        case tls = "tls"
        /// A limit of ``OutboundConfiguration`` on what may wait is reached.
        case overloaded = "overloaded"
        case shuttingDown = "shutting_down"
        /// The task that waited was cancelled.
        case cancelled = "cancelled"
        /// A header that would break the message, or that is not the caller's to set.
        case invalidRequest = "invalid_request"
        case timedOut = "timed_out"
        /// The connection broke.
        case reset = "reset"
        /// The answer is no HTTP, or its headers are over their limit.
        case malformedResponse = "malformed_response"
        /// libcurl failed in a way that is nobody else's fault: out of memory, say.
        case internalFailure = "internal_failure"
    }
}
