/// The outcome of one try.
package enum OutboxOutcome: Hashable, Sendable {
    case delivered
    /// It may work later; the receiver may have said when.
    case retry(reason: String, after: Duration?)
    /// It never will.
    case refused(reason: String)
}

extension OutboxOutcome {
    /// The longest wait that a receiver may ask for with `Retry-After`: a day.
    ///
    /// It is untrusted input like any other.
    private static let longestWait = Duration.seconds(86_400)

    /// The outcome of an HTTP answer: 2xx is delivered; 408, 425, 429 and 5xx may change; the rest never will.
    ///
    /// `retryAfter` is how long the receiver wants to be left alone.
    package init(status: Int, retryAfter: Duration?) {
        switch status {
        case 200..<300: self = .delivered
        case 408, 425, 429, 500...:
            self = .retry(
                reason: "status \(status)",
                after: retryAfter.map { min(max($0, .zero), Self.longestWait) }
            )
        default: self = .refused(reason: "status \(status)")
        }
    }

    /// The value of the metric label `outcome`.
    package var name: String {
        switch self {
        case .delivered: "delivered"
        case .retry: "retry"
        case .refused: "refused"
        }
    }
}
