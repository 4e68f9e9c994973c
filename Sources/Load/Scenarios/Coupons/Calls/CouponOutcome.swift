import CouponAPI

/// The outcomes of answers to an issue.
extension ChangeOutcome {
    package init(issue answer: ExchangeAnswer, _ codec: CouponCodec) {
        guard answer.status == 200 else {
            self = Self.refusal(answer)
            return
        }
        guard let issued = codec.decode(Coupon_V1_IssueCouponResponse.self, answer.body), !issued.couponCode.isEmpty
        else {
            self = .failed("200 of another form")
            return
        }
        self = .accepted(
            ChangeReceipt(
                transactionID: issued.couponCode,
                place: nil,
                isReplay: answer.isReplay,
                durability: nil,
                body: Array(issued.couponCode.utf8)
            )
        )
    }

    private static func refusal(_ answer: ExchangeAnswer) -> ChangeOutcome {
        guard let error = CouponCallError(answer.body) else {
            // A proxy's answer when nobody answers it.
            guard (502...504).contains(answer.status) else {
                return .failed("status \(answer.status) without a Connect error")
            }
            return .again(.serverError(answer.status))
        }
        let name = "\(answer.status) \(error.code.prefix(40)) \(error.name)"
        switch (error.code, answer.status) {
        case ("unavailable", 503): return .again(.unavailable(error.name))
        case ("deadline_exceeded", 504): return .again(.serverError(504))
        case ("failed_precondition", 400), ("resource_exhausted", 429):
            guard let refusal = CouponRefusal(error) else { return .failed(name) }
            return .refused(refusal.rawValue)
        default: return .failed(name)
        }
    }
}
