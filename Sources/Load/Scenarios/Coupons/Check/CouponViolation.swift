/// The faults of a coupon service.
package enum CouponViolation: String, FindingKind {
    case earlyIssue = "early_issue"
    case earlyTime = "early_time"
    case notStarted = "not_started"
    case otherRefusal = "other_refusal"
    case handedTwice = "handed_twice"
    case handedBefore = "handed_before"
    case badCode = "bad_code"
    case missing
    case unexpected
    case vanished
    case stale
    case listedTwice = "listed_twice"
    case otherPages = "other_pages"
    case badSequence = "bad_sequence"
    case badCount = "bad_count"
    case otherUser = "other_user"
    case otherCampaign = "other_campaign"
    case badState = "bad_state"
    case oversold
    case undersold
    case unsold
    case lateIssue = "late_issue"
    case overLimit = "over_limit"
    case underLimit = "under_limit"
    case unread

    package var sentence: String {
        switch self {
        case .earlyIssue: "a coupon was issued before the start"
        case .earlyTime: "a listed coupon says it was issued before the start"
        case .notStarted: "an issue after the start was refused as before it"
        case .otherRefusal: "an issue was refused for a reason that there was not"
        case .handedTwice: "a code was handed out twice"
        case .handedBefore: "a code was handed out that was listed before the load"
        case .badCode: "a code is not 1 to 10 characters of Hangul and digits"
        case .missing: "a code that was handed out is not listed"
        case .unexpected: "a code is listed that nobody got"
        case .vanished: "a code that was listed is not listed any more"
        case .stale: "a code that was handed out was not listed right afterwards"
        case .listedTwice: "a code is listed twice"
        case .otherPages: "GetCampaign and ListCoupons do not list the same codes"
        case .badSequence: "the coupons are not listed in order of their sequences, or one of these is missing"
        case .badCount: "the campaign's count is not the number of its codes"
        case .otherUser: "a coupon is listed for another user than asked for it"
        case .otherCampaign: "the campaign is told otherwise than it was"
        case .badState: "the campaign's state does not go with its coupons"
        case .oversold: "there are more coupons than the quota"
        case .undersold: "an issue was refused as sold out while there were coupons"
        case .unsold: "the coupons were not all gone in time"
        case .lateIssue: "a coupon was issued after all was said to be sold out"
        case .overLimit: "a user has more coupons than the limit"
        case .underLimit: "a user was refused for the limit without having reached it"
        case .unread: "the service cannot be read"
        }
    }
}
