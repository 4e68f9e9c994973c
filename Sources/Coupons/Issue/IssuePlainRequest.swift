import Connect
import CouponAPI
import NIOCore
import NIOHTTP1
import SwiftProtobuf
import Web

/// A Connect request to issue a coupon that is plain enough for the hot route.
struct IssuePlainRequest {
    static let method = "/IssueCoupon"

    let order: IssueOrder
    let isJSON: Bool

    /// `nil` when the router must have a look at it.
    init?(_ request: HotRequest) {
        var contentType: String?
        var keys: [String] = []
        for (name, value) in request.headers {
            // The length tells most names apart, so that the slow comparison is rarely made.
            switch name.utf8.count {
            case 12 where name.lowercased() == "content-type":
                guard contentType == nil else { return nil }
                contentType = value
            case 15 where name.lowercased() == "idempotency-key": keys.append(value)
            case 16 where name.lowercased() == "content-encoding": return nil
            case 18 where name.lowercased() == "connect-timeout-ms": return nil
            case 24 where name.lowercased() == "connect-protocol-version":
                guard value == "1" else { return nil }
            default: continue
            }
        }
        let body = Array(request.body.readableBytesView)
        let message: Coupon_V1_IssueCouponRequest?
        switch contentType {
        case "application/proto":
            self.isJSON = false
            message = try? Coupon_V1_IssueCouponRequest(serializedBytes: body)
        case "application/json":
            self.isJSON = true
            // The router refuses a message that breaks a rule, in the words for it.
            guard (try? Self.rules.check(body, as: Coupon_V1_IssueCouponRequest.protoMessageName)) != nil else {
                return nil
            }
            message = try? MessageCodec.json.decode(body)
        default: return nil
        }
        guard let message, let order = try? Self.order(message, keys, request.caller) else { return nil }
        self.order = order
    }

    // Our own descriptors can be read; without them names that are given twice would be found, and no more.
    private static let rules = (try? JSONRules([CouponAPI.descriptors])) ?? JSONRules()

    private static func order(
        _ message: Coupon_V1_IssueCouponRequest,
        _ keys: [String],
        _ caller: Caller
    ) throws(CouponError) -> IssueOrder {
        try IssueOrder(
            campaign: message.campaignID,
            user: message.userID,
            requestID: try RequestName.read(message.requestID, keys),
            caller: caller.name
        )
    }
}
