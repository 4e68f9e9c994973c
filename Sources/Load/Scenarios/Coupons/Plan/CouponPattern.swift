/// When the issues of a load are sent.
package enum CouponPattern: String, Hashable, Sendable, CaseIterable {
    /// At a fixed pace, however slow the answers are.
    case seed
    /// Each connection sends its next one after the last answer, until all coupons are gone.
    case rush
}
