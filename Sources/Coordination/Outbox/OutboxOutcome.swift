/// What became of one try.
package enum OutboxOutcome: Hashable, Sendable {
    case delivered
    /// It may work later; the receiver may have said when.
    case retry(reason: String, after: Duration?)
    /// It never will.
    case refused(reason: String)
}

extension OutboxOutcome {
    /// What a receiver may ask for with `Retry-After`: a day.
    ///
    /// It is untrusted input like any other.
    private static let longestWaitSeconds: Int64 = 86_400

    /// What an HTTP answer means: 2xx is delivered; 408, 425, 429 and 5xx may change; the rest never will.
    ///
    /// `retryAfter` is the header of that name. Only seconds are read; a date counts as no header.
    package init(status: Int, retryAfter: String?) {
        switch status {
        case 200..<300: self = .delivered
        case 408, 425, 429, 500...:
            let seconds = retryAfter.flatMap { Int64($0) }
            self = .retry(
                reason: "status \(status)",
                after: seconds.map { .seconds(min(max($0, 0), Self.longestWaitSeconds)) }
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
