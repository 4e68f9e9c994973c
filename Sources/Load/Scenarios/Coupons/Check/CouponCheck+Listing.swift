import CouponAPI

/// The comparison with the service's lists.
extension CouponCheck {
    mutating func compare(_ listing: CouponListing) {
        self.compareSources(listing)
        self.compareCodes(listing)
        self.compareCampaign(listing.campaign)
        self.compareQuota(listing.codes.count)
        self.compareCoupons(listing.coupons)
        self.compareLimit(listing.coupons)
    }

    private mutating func compareSources(_ listing: CouponListing) {
        let told = Int(clamping: listing.campaign.issuedCoupons)
        if told != listing.codes.count {
            self.findings.add(.badCount, "\(told), with \(listing.codes.count) codes")
        }
        guard listing.codes != listing.coupons.map(\.code) else { return }
        let (codes, coupons) = (Set(listing.codes), Set(listing.coupons.map(\.code)))
        let example =
            codes.subtracting(coupons).min().map { "\($0) is missing in ListCoupons" }
            ?? coupons.subtracting(codes).min().map { "\($0) is missing in GetCampaign" } ?? "their order differs"
        self.findings.add(
            .otherPages,
            "\(listing.codes.count) and \(listing.coupons.count) codes; \(example)"
        )
    }

    private mutating func compareCodes(_ listing: CouponListing) {
        var listed: Set<String> = []
        for code in listing.codes {
            if !listed.insert(code).inserted { self.findings.add(.listedTwice, code) }
            if !CodeForm.holds(code), self.handed[code] == nil { self.findings.add(.badCode, "\(code), listed") }
        }
        for code in self.evidence.before where !listed.contains(code) { self.findings.add(.vanished, code) }
        for issue in self.issues {
            guard let code = issue.record.code, !listed.contains(code) else { continue }
            self.findings.add(.missing, "\(code), of \(issue.name)")
        }
        // A code that nobody got may belong to an issue whose answer was lost, of the same user.
        var doubts: [String: Int] = [:]
        for issue in self.issues where issue.record.state == .doubtful {
            doubts[self.evidence.users[issue.number] ?? "", default: 0] += 1
        }
        let users = Dictionary(listing.coupons.map { ($0.code, $0.userID) }) { first, _ in first }
        for code in listed.subtracting(self.evidence.before).sorted() where self.handed[code] == nil {
            let user = users[code] ?? ""
            if doubts[user, default: 0] > 0 {
                doubts[user]? -= 1
            } else {
                self.findings.add(.unexpected, user.isEmpty ? code : "\(code), of \(user)")
            }
        }
    }

    private mutating func compareCampaign(_ told: Coupon_V1_Campaign) {
        let campaign = self.evidence.campaign
        let facts: [(String, Bool)] = [
            ("id \(told.id)", told.id == campaign.id), ("name \(told.name)", told.name == campaign.name),
            ("total_coupons \(told.totalCoupons)", told.totalCoupons == campaign.quota),
            ("per_user_limit \(told.perUserLimit)", told.perUserLimit == campaign.userLimit),
            ("issue_mode \(told.issueMode)", (told.issueMode == .leased) == campaign.isLeased),
            (
                "start_time \(told.startTime.wholeMilliseconds) ms",
                told.startTime.wholeMilliseconds == campaign.start
            ),
        ]
        for (name, isRight) in facts where !isRight { self.findings.add(.otherCampaign, name) }
        // Others may pause or end a campaign of theirs.
        guard campaign.isOwn || told.state == .active || told.state == .soldOut else { return }
        let state: Coupon_V1_CampaignState = told.issuedCoupons >= campaign.quota ? .soldOut : .active
        if told.state != state { self.findings.add(.badState, "\(told.state), not \(state)") }
    }

    private mutating func compareQuota(_ count: Int) {
        let quota = self.evidence.campaign.quota
        if count > quota { self.findings.add(.oversold, "\(count) of \(quota) are listed") }
        if count < quota {
            for issue in self.issues where issue.record.state == .refused(.soldOut) {
                self.findings.add(.undersold, "\(issue.name), with \(count) of \(quota) in the end")
            }
        }
        if self.evidence.mustSellOut, count < self.evidence.most {
            self.findings.add(.unsold, "\(count) of \(self.evidence.most)")
        }
    }

    private mutating func compareCoupons(_ coupons: [Coupon_V1_Coupon]) {
        let campaign = self.evidence.campaign
        var last: Int64 = 0
        for coupon in coupons {
            // Each of many counters has sequences of its own, so that these are no counts.
            let isRight =
                campaign.isLeased
                ? coupon.sequence > last : coupon.sequence == last + 1 && coupon.sequence <= campaign.quota
            if !isRight {
                self.findings.add(.badSequence, "\(coupon.code) has \(coupon.sequence), after \(last)")
            }
            last = min(max(coupon.sequence, 0), Int64.max - 1)
            if coupon.campaignID != campaign.id {
                self.findings.add(.otherCampaign, "\(coupon.code) of campaign \(coupon.campaignID)")
            }
            let issued = coupon.issueTime.wholeMilliseconds
            if issued < campaign.start {
                self.findings.add(.earlyTime, "\(coupon.code), \(campaign.start - issued) ms before it")
            }
            guard let issue = self.handed[coupon.code] else { continue }
            let user = self.evidence.users[issue.number] ?? ""
            if coupon.userID != user {
                self.findings.add(.otherUser, "\(coupon.code), of \(issue.name): '\(coupon.userID)', not '\(user)'")
            }
        }
    }

    private mutating func compareLimit(_ coupons: [Coupon_V1_Coupon]) {
        let limit = self.evidence.campaign.userLimit
        guard limit > 0 else { return }
        var counts: [String: Int64] = [:]
        for coupon in coupons { counts[coupon.userID, default: 0] += 1 }
        for (user, count) in counts.sorted(by: { $0.key < $1.key }) where count > limit {
            self.findings.add(.overLimit, "'\(user)' has \(count), not \(limit)")
        }
        for issue in self.issues where issue.record.state == .refused(.userLimit) {
            let user = self.evidence.users[issue.number] ?? ""
            let count = counts[user, default: 0]
            if count < limit { self.findings.add(.underLimit, "\(issue.name) of '\(user)', who has \(count)") }
        }
    }
}
