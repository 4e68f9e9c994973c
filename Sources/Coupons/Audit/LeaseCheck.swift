import Evidence

/// Compares what a leased campaign has lent with what its parts have: a value, which reads nothing itself.
///
/// Only lending and taking back change what the campaign says is with its parts. So as long as the campaign stays as it
/// is, the units of each part stay the same, whatever it issues, takes in or sets aside meanwhile.
struct LeaseCheck {
    /// The loans, and the gifts back, as the campaign remembers them.
    struct Loans: Hashable, Sendable {
        /// By part: the last loan.
        var last: [Int: LeaseTransfer] = [:]
        /// By part: the number of the last gift that came back.
        var gifts: [Int: Int64] = [:]
        /// Fields that are none of both.
        var strange: [String] = []

        init(_ fields: [(name: String, value: String)]) {
            for (name, value) in fields {
                let (word, isGift) = name.hasPrefix("gift:") ? (name.dropFirst(5), true) : (name[...], false)
                guard let part = Int(word), (0..<CampaignPlace.partCount).contains(part), String(part) == word else {
                    self.strange.append(name)
                    continue
                }
                if isGift, let number = Int64(value), (1...AuditedCampaign.largest).contains(number) {
                    self.gifts[part] = number
                } else if !isGift, let transfer = LeaseTransfer(value) {
                    self.last[part] = transfer
                } else {
                    self.strange.append(name)
                }
            }
        }
    }

    private let campaign: CampaignID
    private(set) var violations: [Violation<CouponsAudit.Kind>] = []

    /// `parts` are all parts' records, in order; the campaign and its loans were the same before and after they were
    /// read.
    init(_ campaign: CampaignID, _ record: AuditedCampaign, _ loans: Loans, parts: [AuditedCampaign]) {
        self.campaign = campaign
        for name in loans.strange { self.tell(.loanWrong, "a part's loan or gift", name) }
        var units: Int64 = 0
        for (number, part) in parts.enumerated() {
            units += self.units(of: number, part, loans)
            self.compare(number, part, with: record)
        }
        let key = CouponKeys.campaign(campaign.root)
        if units != record.sequence {
            self.violations.append(Violation(.unitsWrong, key, "\(record.sequence) units with the parts", units))
        }
        if record.sequence > record.limit {
            self.violations.append(Violation(.overQuota, key, "at most \(record.limit) lent", record.sequence))
        }
    }

    private mutating func tell(
        _ kind: CouponsAudit.Kind,
        _ expected: some CustomStringConvertible,
        _ found: some CustomStringConvertible
    ) {
        self.violations.append(Violation(kind, CouponKeys.loans(self.campaign), expected, found))
    }

    /// The units of a part, with those on their way to it or from it.
    private mutating func units(of number: Int, _ part: AuditedCampaign, _ loans: Loans) -> Int64 {
        var units = part.limit
        let (loan, gift) = (part.part?.loan ?? 0, part.part?.gift ?? 0)
        if let last = loans.last[number], last.number == loan + 1 {
            units += last.units
        } else if (loans.last[number]?.number ?? 0) != loan {
            self.tell(.loanWrong, "loan \(loan) of part \(number), or the next", loans.last[number]?.number ?? 0)
        }
        let returned = loans.gifts[number] ?? 0
        let giving = part.part?.giving
        if giving?.number ?? gift != gift {
            self.tell(.loanWrong, "gift \(gift) of part \(number) set aside", giving?.number ?? 0)
        }
        if let giving, returned == giving.number - 1 {
            units += giving.units
        } else if returned != gift {
            self.tell(.loanWrong, "gift \(gift) of part \(number), or the one before", returned)
        }
        return units
    }

    private mutating func compare(_ number: Int, _ part: AuditedCampaign, with record: AuditedCampaign) {
        let place = CampaignPlace(campaign: self.campaign, part: number)
        let isSame =
            part.start == record.start && part.end == record.end && part.userLimit == record.userLimit
            && part.codeKey == record.codeKey
        // A part hears of a change later than its campaign, but never of another one.
        let isInStep =
            part.revision < record.revision || part.revision == record.revision && part.isPaused == record.isPaused
        guard !isSame || !isInStep else { return }
        self.violations.append(Violation(.partDiffers, CouponKeys.campaign(place), Self.text(record), Self.text(part)))
    }

    private static func text(_ record: AuditedCampaign) -> String {
        let state = record.isPaused ? "paused" : "active"
        return "revision \(record.revision) \(state), start \(record.start), end \(record.end), "
            + "limit per user \(record.userLimit), key \(record.codeKey)"
    }
}
