import CoreMetrics

/// How issues ended: `tally_coupons_issues_total` by outcome.
struct CouponMetrics: Sendable {
    private let issued = Self.counter("issued")
    private let replayed = Self.counter("replayed")
    private let soldOut = Self.counter("sold_out")
    private let notStarted = Self.counter("not_started")
    private let refused = Self.counter("refused")
    private let failed = Self.counter("failed")
    /// Loans that parts of leased campaigns took in.
    let loans = Counter(label: "tally_coupons_loans_total")
    /// Unused units that parts of leased campaigns gave back.
    let gifts = Counter(label: "tally_coupons_gifts_total")

    private static func counter(_ outcome: String) -> Counter {
        Counter(label: "tally_coupons_issues_total", dimensions: [("outcome", outcome)])
    }

    func ended(_ result: Result<IssuedCoupon, CouponError>) {
        switch result {
        case .success(let coupon): (coupon.isReplay ? self.replayed : self.issued).increment()
        case .failure(.soldOut): self.soldOut.increment()
        case .failure(.notStarted): self.notStarted.increment()
        case .failure(.store), .failure(.storeUnsafe), .failure(.storeInconsistent), .failure(.appliedNotDurable),
            .failure(.codeKey), .failure(.busy):
            self.failed.increment()
        case .failure: self.refused.increment()
        }
    }
}
