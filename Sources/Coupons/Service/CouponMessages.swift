import Coordination
import CouponAPI
import SwiftProtobuf

/// Our values in the messages of `coupon.v1`.
extension Coupon_V1_Campaign {
    init(_ standing: CampaignStanding) {
        let campaign = standing.campaign
        self.init()
        self.id = campaign.id.number
        self.name = campaign.name
        self.startTime = .init(campaign.start)
        self.totalCoupons = campaign.quota
        if let end = campaign.end { self.endTime = .init(end) }
        self.perUserLimit = campaign.userLimit
        self.issuedCoupons = standing.issued
        self.state =
            switch standing.state {
            case .scheduled: .scheduled
            case .active: .active
            case .paused: .paused
            case .soldOut: .soldOut
            case .ended: .ended
            }
        self.issueMode =
            switch campaign.mode {
            case .exact: .exact
            case .leased: .leased
            }
        self.createTime = .init(campaign.created)
    }
}

extension Coupon_V1_Coupon {
    init(_ coupon: Coupon) {
        self.init()
        self.code = coupon.code.description
        self.campaignID = coupon.number.campaign.number
        self.sequence = coupon.number.sequence
        self.userID = coupon.user
        self.issueTime = .init(coupon.issued)
        switch coupon.fate {
        case .none: self.state = .issued
        case .redeemed(let time, let user):
            self.state = .redeemed
            self.endTime = .init(time)
            self.redeemerID = user
        case .voided(let time):
            self.state = .voided
            self.endTime = .init(time)
        }
    }
}

extension Coupon_V1_WatchCampaignResponse {
    init(_ event: WatchEvent) {
        self.init()
        self.cursor = event.cursor.text
        self.time = .init(event.time)
        self.event =
            switch event.kind {
            case .standing(let standing): .campaign(.init(standing))
            case .issued(let coupon): .issued(.init(coupon))
            case .redeemed(let coupon): .redeemed(.init(coupon))
            case .voided(let coupon): .voided(.init(coupon))
            case .paused: .paused(.init())
            case .resumed: .resumed(.init())
            case .raised(let quota):
                .quotaRaised(.with { $0.totalCoupons = quota })
            }
    }
}

extension Google_Protobuf_Timestamp {
    init(_ time: ServerTime) {
        let remainder = time.milliseconds % 1000
        self.init(seconds: time.milliseconds / 1000, nanos: Int32(remainder) * 1_000_000)
    }

    /// In whole milliseconds, rounded up: nothing begins before the time that was said.
    ///
    /// The last one is the last of the year 9999, behind which there is nothing to round up to. `nil` for what is no
    /// timestamp, or outside of the years 1970 to 9999.
    var serverTime: ServerTime? {
        guard (0...CampaignOrder.timeLimit / 1000).contains(self.seconds), (0..<1_000_000_000).contains(self.nanos)
        else {
            return nil
        }
        let milliseconds = self.seconds * 1000 + (Int64(self.nanos) + 999_999) / 1_000_000
        return ServerTime(milliseconds: min(milliseconds, CampaignOrder.timeLimit))
    }
}
