/// Why a call has no answer that can be used.
package enum CouponClientError: Error, Hashable, Sendable {
    /// No connection: nothing was done.
    case notReached(url: String, reason: String)
    /// The service refuses it, and says so.
    case refused(ConnectRefusal)
    /// The answer did not come, or not whole: it may have been done.
    case broken(String)
    /// The answer is none of this service.
    case strange(String)
    case cancelled

    /// Whether it helps to try again as it was.
    package var isPassing: Bool {
        switch self {
        case .notReached, .broken: true
        case .refused(let refusal): refusal.code == "unavailable"
        case .strange, .cancelled: false
        }
    }
}

extension CouponClientError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notReached(let url, let reason): "cannot reach \(url): \(reason)"
        case .refused(let refusal): refusal.description
        case .broken(let reason): "no answer: \(reason)"
        case .strange(let reason): "an answer that is not this service's: \(reason)"
        case .cancelled: "cancelled"
        }
    }
}
