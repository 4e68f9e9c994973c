import CouponAPI
import Load
import SwiftProtobuf

/// Evidence of loads of services that kept their promise.
struct CouponSample {
    var quota = 40
    var issues = 30
    var limit = 0
    var users = 5
    /// Coupons that were there before.
    var before = 0
    var isLeased = false
    var seed = 1
    /// Issues whose answers were lost, and those of them that were carried out.
    var lost: Set<Int> = []
    var carriedOut: Set<Int> = []

    private static let start: Int64 = 1_000_000
    private var coupons: [Coupon_V1_Coupon] = []

    static func evidence(_ change: (inout Self) -> Void = { _ in }) -> CouponEvidence {
        var sample = Self()
        change(&sample)
        return sample.evidence
    }

    private var evidence: CouponEvidence {
        var sample = self
        var told = Coupon_V1_Campaign()
        (told.id, told.name, told.totalCoupons, told.perUserLimit) = (3, "name", Int64(self.quota), Int64(self.limit))
        told.issueMode = self.isLeased ? .leased : .exact
        told.startTime = Google_Protobuf_Timestamp(wholeMilliseconds: Self.start)
        var request = Coupon_V1_CreateCampaignRequest()
        (request.name, request.totalCoupons, request.perUserLimit) = (told.name, told.totalCoupons, told.perUserLimit)
        (request.issueMode, request.startTime) = (told.issueMode, told.startTime)
        var campaign = CouponCampaign(told)
        if self.before == 0 {
            campaign = CouponCampaign(3, request, told: told)
            (campaign.closedUntil, campaign.openFrom) = (100, 120)
        }
        var evidence = CouponEvidence(campaign, CouponUsers(count: self.users, prefix: "p", seed: self.seed))
        for _ in 0..<self.before { _ = sample.issue(to: "") }
        evidence.before = sample.coupons.map(\.code)
        if self.before == 0 { evidence.early = [CouponRecord(.refused(.notStarted), sentAt: 50, endedAt: 60)] }
        evidence.issues = (0..<self.issues).map { sample.record($0, user: evidence.users[$0] ?? "") }
        told.issuedCoupons = Int64(sample.coupons.count)
        told.state = sample.coupons.count == self.quota ? .soldOut : .active
        if sample.coupons.count == self.quota {
            evidence.late = [CouponRecord(.refused(.soldOut), sentAt: 9000, endedAt: 9001)]
            evidence.mustSellOut = true
        }
        evidence.listing = CouponListing(
            campaign: told,
            codes: sample.coupons.map(\.code),
            coupons: sample.coupons
        )
        return evidence
    }

    private mutating func record(_ number: Int, user: String) -> CouponRecord {
        let (sentAt, endedAt) = (Int64(1000 + number * 10), Int64(1005 + number * 10))
        let isSoldOut = self.coupons.count == self.quota
        let isAtLimit = self.limit > 0 && self.coupons.count { $0.userID == user } >= self.limit
        if self.lost.contains(number) {
            if self.carriedOut.contains(number), !isSoldOut, !isAtLimit { _ = self.issue(to: user) }
            return CouponRecord(.doubtful, sentAt: sentAt)
        }
        if isSoldOut { return CouponRecord(.refused(.soldOut), sentAt: sentAt, endedAt: endedAt) }
        if isAtLimit { return CouponRecord(.refused(.userLimit), sentAt: sentAt, endedAt: endedAt) }
        return CouponRecord(.issued(self.issue(to: user)), sentAt: sentAt, endedAt: endedAt)
    }

    private mutating func issue(to user: String) -> String {
        var coupon = Coupon_V1_Coupon()
        (coupon.campaignID, coupon.userID) = (3, user)
        // Leased sequences are no counts.
        coupon.sequence = Int64(self.coupons.count + 1) * (self.isLeased ? 1000 : 1)
        coupon.code = FakeCoupons.code(3, self.coupons.count + 1)
        coupon.issueTime = Google_Protobuf_Timestamp(wholeMilliseconds: Self.start + Int64(self.coupons.count))
        self.coupons.append(coupon)
        return coupon.code
    }
}

extension CouponEvidence {
    /// Adds an issue in time; its number is 30 in a sample of 30.
    mutating func add(_ state: CouponRecord.State) {
        self.issues.append(CouponRecord(state, sentAt: 1500, endedAt: 1501))
    }

    /// Adds an issue, and lists its code.
    mutating func addListed(_ code: String) {
        let user = self.users[self.issues.count] ?? ""
        self.add(.issued(code))
        self.tell { $0.append(code, user: user) }
    }

    /// Has the service tell something else.
    mutating func tell(_ change: (inout CouponListing) -> Void) {
        guard var listing = self.listing else { return }
        change(&listing)
        self.listing = listing
    }
}

extension CouponListing {
    /// Lists one more, consistently.
    mutating func append(_ code: String, user: String) {
        var coupon = self.coupons.last ?? Coupon_V1_Coupon()
        (coupon.code, coupon.userID) = (code, user)
        coupon.sequence += 1
        self.coupons.append(coupon)
        self.codes.append(code)
        self.campaign.issuedCoupons += 1
    }
}
