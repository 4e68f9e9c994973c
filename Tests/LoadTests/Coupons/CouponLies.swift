import CouponAPI
import Load
import SwiftProtobuf

/// One thing that is made wrong in the evidence of a right service, and what is to be said of it.
struct Lie: Sendable {
    typealias Sample = @Sendable (inout CouponSample) -> Void

    let violations: Set<CouponViolation>
    let sample: Sample
    let change: @Sendable (inout CouponEvidence) -> Void

    private init(
        all violations: Set<CouponViolation>,
        _ sample: @escaping Sample,
        _ change: @escaping @Sendable (inout CouponEvidence) -> Void
    ) {
        self.violations = violations
        self.sample = sample
        self.change = change
    }

    /// One in any of the evidence.
    init(
        _ violations: CouponViolation...,
        of sample: @escaping Sample = { _ in },
        change: @escaping @Sendable (inout CouponEvidence) -> Void
    ) {
        self.init(all: Set(violations), sample, change)
    }

    /// One that the service tells.
    private static func told(
        _ violations: CouponViolation...,
        of sample: @escaping Sample = { _ in },
        change: @escaping @Sendable (inout CouponListing) -> Void
    ) -> Lie {
        Lie(all: Set(violations), sample) { $0.tell(change) }
    }

    /// Sold out by its last issue, and by its twentieth.
    private static let isFull: Sample = { $0.quota = 30 }
    private static let isSoldOut: Sample = { $0.quota = 20 }
    private static let isLimited: Sample = { $0.limit = 2 }
    private static let isGenerous: Sample = { $0.limit = 30 }
    private static let isLeased: Sample = { $0.isLeased = true }
    private static let isOld: Sample = { $0.before = 2 }
    private static let isForNobody: Sample = { $0.users = 0 }

    /// In what was handed out.
    static let answers = [
        Lie(.handedTwice) { $0.add($0.issues[8].state) },
        Lie(.handedTwice, .unexpected, of: Self.isForNobody) { $0.issues[7].state = $0.issues[8].state },
        Lie(.missing) { $0.add(.issued("가가가1")) },
        Lie(.missing, .oversold, of: Self.isFull) { $0.add(.issued("가가가1")) },
        Lie(.oversold, .badSequence, of: Self.isFull) { $0.addListed("가가가1") },
        Lie(.unexpected) { $0.issues[7].state = .unsent },
        Lie(.badCode) { $0.addListed("가나다12라마바34가") },
        Lie(.badCode) { $0.addListed("") },
        Lie(.badCode) { $0.addListed("가나A") },
        Lie(.badCode) { $0.addListed("가나 ") },
        Lie(.handedBefore, of: Self.isOld) { evidence in
            evidence.add(.issued(evidence.before[1]))
            let user = evidence.users[30] ?? ""
            evidence.tell { $0.coupons[1].userID = user }
        },
        Lie(.earlyIssue) { evidence in
            evidence.early[0].state = .issued("가가가1")
            let user = evidence.users[0] ?? ""
            evidence.tell { $0.append("가가가1", user: user) }
        },
        Lie(.overLimit, of: Self.isLimited) { $0.addListed("가가가1") },
    ]

    /// In what was refused.
    static let refusals = [
        Lie(.notStarted) { $0.add(.refused(.notStarted)) },
        Lie(.otherRefusal) { $0.add(.refused(.ended)) },
        Lie(.otherRefusal) { $0.add(.refused(.userLimit)) },
        Lie(.otherRefusal, of: Self.isLimited) { $0.early[0].state = .refused(.userLimit) },
        Lie(.otherRefusal, .lateIssue, of: Self.isFull) { $0.early[0].state = .refused(.soldOut) },
        Lie(.undersold) { $0.add(.refused(.soldOut)) },
        Lie(.undersold, .lateIssue) { evidence in
            evidence.issues.append(CouponRecord(.refused(.soldOut), sentAt: 1, endedAt: 1100))
        },
        Lie(.lateIssue, of: Self.isFull) { $0.issues[10].sentAt = 9100 },
        Lie(.lateIssue, of: Self.isSoldOut) { $0.issues[10].sentAt = 1400 },
        Lie(.unsold) { $0.mustSellOut = true },
        Lie(.underLimit, of: Self.isGenerous) { $0.add(.refused(.userLimit)) },
    ]

    /// In what is listed.
    static let lists = [
        Self.told(.unexpected) { $0.append("가가가1", user: "p-u1") },
        Self.told(.badCode, .unexpected) { $0.append("가가ㄱ", user: "p-u1") },
        Self.told(.listedTwice, of: Self.isForNobody) { $0.append($0.codes[3], user: "") },
        Self.told(.listedTwice, .missing) {
            $0.codes[3] = $0.codes[4]
            $0.coupons[3].code = $0.codes[4]
        },
        Self.told(.otherPages) { $0.coupons.removeLast() },
        Self.told(.otherPages) { $0.codes.swapAt(3, 4) },
        Self.told(.otherPages) { $0.coupons[3].code = "가가가1" },
        Self.told(.otherPages, .badCount, .missing) { $0.codes.removeLast() },
        Self.told(.badCount) { $0.campaign.issuedCoupons -= 1 },
        Self.told(.badSequence) { $0.coupons[29].sequence += 1 },
        Self.told(.badSequence) { $0.coupons[0].sequence = .min },
        Self.told(.badSequence, of: Self.isLeased) { $0.coupons[29].sequence = 29 },
        Self.told(.badSequence, of: Self.isLeased) { $0.coupons[28].sequence = .max },
        Self.told(.otherUser) { $0.coupons[0].userID = "" },
        Self.told(.otherUser, of: Self.isForNobody) { $0.coupons[0].userID = "p-u1" },
        Self.told(.earlyTime) { $0.coupons[5].issueTime.seconds -= 1 },
        Self.told(.earlyTime) { $0.coupons[5].clearIssueTime() },
        Self.told(.otherCampaign) { $0.coupons[5].campaignID = 4 },
        Lie(.vanished, of: Self.isOld) { $0.before.append("가가가1") },
    ]

    /// In what is said of the campaign.
    static let campaigns = [
        Self.told(.otherCampaign) { $0.campaign.id = 4 },
        Self.told(.otherCampaign) { $0.campaign.name = "another" },
        Self.told(.otherCampaign) { $0.campaign.totalCoupons += 1 },
        Self.told(.otherCampaign) { $0.campaign.perUserLimit = 1 },
        Self.told(.otherCampaign) { $0.campaign.issueMode = .leased },
        Self.told(.otherCampaign) { $0.campaign.startTime.seconds += 1 },
        Self.told(.badState) { $0.campaign.state = .paused },
        Self.told(.badState) { $0.campaign.state = .soldOut },
        Self.told(.badState, of: Self.isFull) { $0.campaign.state = .active },
        Self.told(.badState, of: Self.isOld) { $0.campaign.state = .soldOut },
    ]
}
