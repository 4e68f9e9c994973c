/// Why an issue may be refused for good; named as the service names it.
package enum CouponRefusal: String, Hashable, Sendable, CaseIterable {
    case notStarted = "NOT_STARTED"
    case soldOut = "SOLD_OUT"
    case ended = "ENDED"
    case userLimit = "USER_LIMIT"

    /// Nil when the code, or the words that clients rely on, do not go with the reason.
    package init?(_ error: CouponCallError) {
        guard let refusal = error.reason.flatMap(Self.init(rawValue:)), refusal.code == error.code,
            refusal.message.map({ $0 == error.message }) != false
        else { return nil }
        self = refusal
    }

    package var code: String {
        switch self {
        case .notStarted, .ended, .userLimit: "failed_precondition"
        case .soldOut: "resource_exhausted"
        }
    }

    /// The message that the service must send; nil when it may choose its words.
    package var message: String? {
        switch self {
        case .notStarted: "coupon issuance not started yet"
        case .soldOut: "no more coupons available"
        case .ended, .userLimit: nil
        }
    }
}
