import Evidence

extension CouponsAudit {
    /// The kinds of violations of coupons.
    package enum Kind: String, ViolationKind {
        /// A key under the names of campaigns that nobody would write.
        case unknownKey = "unknown_key"
        case wrongType = "wrong_type"
        /// A campaign that the counter has not given out.
        case idUnknown = "id_unknown"
        /// Something of a campaign, or of a part, whose record is missing.
        case recordMissing = "record_missing"
        /// A record whose fields are not what they must be.
        case recordInvalid = "record_invalid"
        /// A part that says something else than its campaign.
        case partDiffers = "part_differs"
        /// An entry of a log that nobody would write there.
        case entryInvalid = "entry_invalid"
        /// A place between two entries where one must be.
        case entryMissing = "entry_missing"
        /// A sequence that was passed over.
        case hole
        /// More coupons than the quota, or than the part has units.
        case overQuota = "over_quota"
        /// A coupon issued before the start.
        case early
        /// A coupon issued after the end.
        case late
        /// A coupon issued between a pause and its resumption.
        case whilePaused = "while_paused"
        /// A coupon of nobody where users have a limit.
        case anonymous
        /// A coupon that is one more than its user may have.
        case userLimit = "user_limit"
        /// Coupons of one user in two parts, where a limit must be kept in one.
        case userDivided = "user_divided"
        /// A pause of what is paused, a resumption of what is not, or a quota that does not rise.
        case changeWrong = "change_wrong"
        /// A counter or a state in a record that the log contradicts.
        case counterWrong = "counter_wrong"
        /// A redemption, or a voiding, of a coupon that was not issued.
        case couponUnknown = "coupon_unknown"
        /// A coupon that was redeemed or voided twice.
        case usedTwice = "used_twice"
        /// A coupon that was redeemed by somebody else than it was issued to.
        case otherUser = "other_user"
        /// A coupon whose state is not what its log says.
        case couponWrong = "coupon_wrong"
        /// A user's number of coupons is not what the log says.
        case usersWrong = "users_wrong"
        /// A code key that goes by the version of another one.
        case keyWrong = "key_wrong"
        /// A code that does not name its coupon, and so may be another's too.
        case codeWrong = "code_wrong"
        /// A loan, or a gift back, that campaign and part remember differently.
        case loanWrong = "loan_wrong"
        /// The parts have more or fewer units than were lent to them.
        case unitsWrong = "units_wrong"
    }
}
