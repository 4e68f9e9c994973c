package import Connect
import SwiftProtobuf
import Web

extension CouponError {
    /// The error in the form of Connect and gRPC, with `google.rpc.ErrorInfo` and what else tells a program what to do.
    package var rpc: RPCError {
        let form = self.form
        var info = Google_Rpc_ErrorInfo()
        info.domain = "tally"
        info.reason = form.reason
        var details = [RPCDetail(info)]
        if let milliseconds = self.retryMilliseconds {
            var retry = Google_Rpc_RetryInfo()
            retry.retryDelay = Google_Protobuf_Duration(
                seconds: milliseconds / 1000,
                nanos: Int32(milliseconds % 1000) * 1_000_000
            )
            details.append(RPCDetail(retry))
        }
        if case .invalid(let field, let description) = self {
            var violation = Google_Rpc_BadRequest.FieldViolation()
            violation.field = field
            violation.description_p = description
            var bad = Google_Rpc_BadRequest()
            bad.fieldViolations = [violation]
            details.append(RPCDetail(bad))
        }
        let error = RPCError(form.code, form.message, details: details)
        if case .paused = self { return error.caused(by: .operator) }
        return error
    }

    private var form: (code: RPCCode, reason: String, message: String) {
        switch self {
        case .invalid(let field, let description): (.invalidArgument, "INVALID", "\(field): \(description)")
        case .campaignUnknown: (.notFound, "CAMPAIGN_NOT_FOUND", "there is no campaign with this id")
        case .couponUnknown: (.notFound, "COUPON_NOT_FOUND", "no coupon with this code was issued")
        case .notStarted: (.failedPrecondition, "NOT_STARTED", "coupon issuance not started yet")
        case .ended: (.failedPrecondition, "ENDED", "coupon issuance has ended")
        case .paused: (.unavailable, "PAUSED", "coupon issuance is paused")
        case .soldOut: (.resourceExhausted, "SOLD_OUT", "no more coupons available")
        case .busy: (.unavailable, "BUSY", "the last coupons are being handed round; try again")
        case .userLimit: (.failedPrecondition, "USER_LIMIT", "this user has as many coupons as one may have")
        case .alreadyRedeemed: (.failedPrecondition, "ALREADY_REDEEMED", "this coupon was redeemed before")
        case .voided: (.failedPrecondition, "VOIDED", "this coupon was made void")
        case .otherUser: (.failedPrecondition, "OTHER_USER", "this coupon was issued to another user")
        case .quotaFalls: (.failedPrecondition, "QUOTA_FALLS", "a quota can only be raised")
        case .tooManyCodes:
            (.outOfRange, "TOO_MANY_CODES", "more codes than one answer may have: ListCoupons has them by page")
        case .tooManyCampaigns: (.resourceExhausted, "TOO_MANY_CAMPAIGNS", "there are no more campaign ids")
        case .idempotencyKeyReused:
            (.invalidArgument, "IDEMPOTENCY_KEY_REUSED", "this request id belongs to another request")
        case .codeKey: (.unavailable, "CODE_KEY", "this instance does not have the campaign's code key")
        case .storeUnsafe: (.unavailable, "STORE_UNSAFE", "the store is not set up to keep coupons; nothing was done")
        case .appliedNotDurable:
            (.unavailable, "APPLIED_NOT_DURABLE", "done, but too few copies say so yet: repeat it with the same id")
        case .store:
            (.unavailable, "DEPENDENCY_UNAVAILABLE", "the store did not answer; repeat the request with the same id")
        case .storeInconsistent: (.internal, "INTERNAL", "internal error")
        }
    }

    /// When it makes sense to try again; `nil` when it does not.
    private var retryMilliseconds: Int64? {
        switch self {
        case .notStarted(let milliseconds): max(1, milliseconds)
        case .paused, .storeUnsafe, .codeKey: 5000
        case .busy: 50
        case .store, .appliedNotDurable: 1000
        case .invalid, .campaignUnknown, .couponUnknown, .ended, .soldOut, .userLimit, .alreadyRedeemed, .voided,
            .otherUser, .quotaFalls, .idempotencyKeyReused, .tooManyCodes, .tooManyCampaigns, .storeInconsistent:
            nil
        }
    }
}
