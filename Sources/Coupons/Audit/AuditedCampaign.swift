import RESP

/// The record of a campaign, or of a part of one, as strictly as an audit reads it.
struct AuditedCampaign: Hashable, Sendable {
    /// The fields that only a whole campaign has.
    struct Root: Hashable, Sendable {
        let name: String
        let quota: Int64
        let mode: Campaign.Mode
    }

    /// The fields that only a part has.
    struct Part: Hashable, Sendable {
        /// The last loan that it took in.
        let loan: Int64
        /// The last gift that it set aside.
        let gift: Int64
        /// Number and units of what it still has to give back.
        let giving: LeaseTransfer?
    }

    let isPaused: Bool
    let revision: Int64
    let start: Int64
    /// 0 for never.
    let end: Int64
    let userLimit: Int64
    let codeKey: String
    let sequence: Int64
    let limit: Int64
    /// `nil` in a part.
    let root: Root?
    /// `nil` in a whole campaign.
    let part: Part?

    /// Beyond it scripts could not count; sums of a few such numbers fit well.
    static let largest: Int64 = 1 << 53

    static let fields = [
        "state", "revision", "start", "end", "user_limit", "key", "sequence", "limit", "name", "created", "quota",
        "mode", "loan", "gift", "giving",
    ]

    /// `nil` when the values are those of no such record.
    init?(_ place: CampaignPlace, _ values: [RESPValue]) {
        guard values.count == Self.fields.count else { return nil }
        func number(_ index: Int) -> Int64? {
            values[index].integerValue.flatMap { (0...Self.largest).contains($0) ? $0 : nil }
        }
        guard let state = values[0].string, ["active", "paused"].contains(state), let revision = number(1),
            let start = number(2), let end = number(3), let userLimit = number(4), let key = values[5].string,
            let sequence = number(6), let limit = number(7)
        else { return nil }
        (self.isPaused, self.revision) = (state == "paused", revision)
        (self.start, self.end, self.userLimit, self.codeKey) = (start, end, userLimit, key)
        (self.sequence, self.limit) = (sequence, limit)
        if place.part == nil {
            guard let name = values[8].string, number(9) != nil, let quota = number(10), quota > 0,
                let mode = values[11].string.flatMap(Campaign.Mode.init(rawValue:))
            else { return nil }
            (self.root, self.part) = (Root(name: name, quota: quota, mode: mode), nil)
        } else {
            let giving = values[14].string.map { LeaseTransfer($0) }
            guard let loan = number(12), let gift = values[13] == .null ? 0 : number(13), giving != .some(nil) else {
                return nil
            }
            (self.root, self.part) = (nil, Part(loan: loan, gift: gift, giving: giving ?? nil))
        }
    }
}

/// Units on their way between a campaign and a part, with the number of the loan or the gift.
struct LeaseTransfer: Hashable, Sendable {
    let number: Int64
    let units: Int64

    /// Reads `3 250`; `nil` for anything else.
    init?(_ text: String) {
        let words = text.split(separator: " ", omittingEmptySubsequences: false).map { Int64($0) }
        guard words.count == 2, let number = words[0], let units = words[1],
            (1...AuditedCampaign.largest).contains(number), (1...AuditedCampaign.largest).contains(units)
        else { return nil }
        (self.number, self.units) = (number, units)
    }
}

/// Where a campaign, or a part of one, stands at one instant.
struct PlaceCut: Sendable {
    /// By key: `none` for one that is not there.
    let kinds: [String]
    /// `nil` when there is none, or none that can be read.
    let record: AuditedCampaign?
    /// The log's last entry.
    let last: LogPosition?
    let entries: Int64
    /// Coupons that were redeemed or voided.
    let used: Int64
    let users: Int64
    /// The record's values, for people.
    let text: String

    private static let wanted = ["hash", "stream", "hash", "hash"]

    /// Reads the answer of `coupons_audit_cut.lua`; `nil` for anything else.
    init?(_ place: CampaignPlace, _ reply: RESPValue) {
        guard let parts = reply.array, parts.count == 6, let kinds = parts[0].array?.compactMap(\.string),
            kinds.count == Self.wanted.count, let values = parts[1].array, let entries = parts[3].integerValue,
            let used = parts[4].integerValue, let users = parts[5].integerValue
        else { return nil }
        self.kinds = kinds
        self.record = AuditedCampaign(place, values)
        self.last = parts[2].string.flatMap { LogPosition($0) }
        (self.entries, self.used, self.users) = (entries, used, users)
        self.text = zip(AuditedCampaign.fields, values).map { "\($0)=\($1.string ?? "")" }.joined(separator: " ")
    }

    var isThere: Bool { self.kinds[0] != "none" }

    /// The keys that are of another type than they must be.
    func wrongTypes(of place: CampaignPlace) -> [(key: String, wanted: String, found: String)] {
        zip(Self.keys(of: place), zip(Self.wanted, self.kinds))
            .map { ($0, $1.0, $1.1) }
            .filter { $0.2 != "none" && $0.2 != $0.1 }
    }

    static func keys(of place: CampaignPlace) -> [String] {
        [
            CouponKeys.campaign(place), CouponKeys.log(place), CouponKeys.coupons(place), CouponKeys.users(place),
        ]
    }
}
