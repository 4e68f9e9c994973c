import Coordination
import Redis

extension Coupons {
    /// The uses of a coupon that was issued.
    package enum Use: Hashable, Sendable {
        /// By this user; empty when it is not said.
        case redeem(user: String)
        case void
    }

    /// Redeems or voids the coupon that has a code; answers it as it is then, and whether that was done before.
    ///
    /// Four round trips. Voiding twice is voiding once; redeeming twice needs the same request id.
    package func use(
        _ code: CouponCode,
        _ use: Use,
        requestID: String?,
        caller: String
    ) async throws(CouponError) -> (coupon: Coupon, isReplay: Bool) {
        try self.ensureStore()
        var user = ""
        if case .redeem(let redeemer) = use {
            try UserName.check(redeemer)
            user = redeemer
        }
        let found = try await self.coupon(code)
        let claim = requestID.map {
            found.campaign.id.claim(
                use.method,
                caller: caller,
                requestID: $0,
                canonical: "\(found.coupon.number.sequence) \(user)"
            )
        }
        let reply = try await self.step(
            "use",
            RedisScriptCall(
                .couponsUse,
                keys: [
                    CouponKeys.campaign(found.place), CouponKeys.log(found.place), CouponKeys.coupons(found.place),
                    CouponKeys.idempotency(found.place, digest: claim?.digest ?? "none"),
                ],
                arguments: [
                    .text(use.word), .text(String(found.local)), .text(user), .text(found.coupon.user),
                    .text(found.campaign.codeKey), .text(claim?.request ?? ""), .text(claim?.fingerprint ?? "0"),
                    .integer(self.configuration.idempotencyKeepMilliseconds),
                ]
            )
        )
        switch reply.word {
        case "ok", "replayed":
            guard let fate = Coupon.Fate(try reply.text(0)) else { throw .storeInconsistent }
            return (found.coupon.with(fate), reply.word == "replayed")
        case "used":
            switch Coupon.Fate(try reply.text(0)) {
            case .redeemed: throw .alreadyRedeemed
            case .voided: throw .voided
            default: throw .storeInconsistent
            }
        case "unknown": throw .couponUnknown
        case "other": throw .otherUser
        case "mismatch": throw .idempotencyKeyReused
        default: throw .storeInconsistent
        }
    }
}

extension Coupons.Use {
    fileprivate var word: String {
        switch self {
        case .redeem: "redeemed"
        case .void: "voided"
        }
    }

    fileprivate var method: String {
        switch self {
        case .redeem: "RedeemCoupon"
        case .void: "VoidCoupon"
        }
    }
}

extension Coupon {
    fileprivate func with(_ fate: Fate) -> Coupon {
        Coupon(code: self.code, number: self.number, user: self.user, issued: self.issued, fate: fate)
    }
}
