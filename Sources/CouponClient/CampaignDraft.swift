package import CouponAPI
package import SwiftProtobuf

/// A campaign as a person asks for it.
package struct CampaignDraft: Hashable, Sendable {
    /// When it begins.
    package enum Start: Hashable, Sendable {
        case now
        case at(Google_Protobuf_Timestamp)
        /// By this machine's clock.
        case after(seconds: Double)
    }

    package var name: String
    package var coupons: Int64
    package var start = Start.now
    package var end: Google_Protobuf_Timestamp?
    package var perUser: Int64 = 0
    package var isLeased = false

    package init(name: String, coupons: Int64) {
        self.name = name
        self.coupons = coupons
    }

    /// The request to send; `now` is in seconds since 1970.
    package func request(requestID: String, now: Double) -> Coupon_V1_CreateCampaignRequest {
        var request = Coupon_V1_CreateCampaignRequest()
        request.name = self.name
        request.totalCoupons = self.coupons
        request.perUserLimit = self.perUser
        request.requestID = requestID
        request.issueMode = self.isLeased ? .leased : .exact
        switch self.start {
        case .now: break
        case .at(let time): request.startTime = time
        case .after(let seconds):
            request.startTime = Google_Protobuf_Timestamp(
                roundingTimeIntervalSince1970: now + seconds,
                rule: .toNearestOrAwayFromZero
            )
        }
        if let end = self.end { request.endTime = end }
        return request
    }
}
