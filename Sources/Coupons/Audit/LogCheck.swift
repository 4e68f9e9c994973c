import Evidence

/// Replays the log of a campaign, or of a part of one, entry by entry: a value, which reads nothing itself.
///
/// Issues stand in the order of their sequences, and everything else behind the last issue before it. So what an exact
/// campaign may do at an entry follows from those before it.
struct LogCheck: Sendable {
    /// A coupon that was used, and what its state in Redis must be from then on.
    struct Use: Hashable, Sendable {
        let coupon: Int64
        let state: String
    }

    let place: CampaignPlace
    /// Start, end and limit never change.
    let record: AuditedCampaign
    private(set) var position = LogPosition.start
    private(set) var entries: Int64 = 0
    private(set) var issued: Int64 = 0
    private(set) var redeemed: Int64 = 0
    private(set) var voided: Int64 = 0
    /// Sequences that were passed over.
    private(set) var holes: Int64 = 0
    private(set) var notes = SequenceNotes()
    private var gaps: [ClosedRange<Int64>] = []
    private var isPaused = false
    private var changes: Int64 = 0
    private var raisedTo: Int64?
    /// Found since ``takeViolations()``.
    private var violations: [Violation<CouponsAudit.Kind>] = []

    /// Most gaps whose sequences are remembered as not issued.
    private static let gapLimit = 1000

    init(_ place: CampaignPlace, _ record: AuditedCampaign) {
        self.place = place
        self.record = record
    }

    /// Whether this is a leased campaign's own log, in which nothing is issued.
    private var isLender: Bool { self.record.root?.mode == .leased }

    mutating func takeViolations() -> [Violation<CouponsAudit.Kind>] {
        defer { self.violations = [] }
        return self.violations
    }

    private mutating func tell(
        _ kind: CouponsAudit.Kind,
        _ expected: some CustomStringConvertible,
        _ found: some CustomStringConvertible,
        key: String? = nil
    ) {
        self.violations.append(Violation(kind, key ?? CouponKeys.log(self.place), expected, found))
    }

    // MARK: Replay

    /// Adds the next entry; answers what must be found of a coupon that it used.
    mutating func add(_ entry: AuditedEntry, _ users: inout UserBook) -> Use? {
        self.move(to: entry)
        guard let event = entry.event else {
            self.tell(.entryInvalid, "an entry of a campaign", "\(entry.position) \(entry.text)")
            return nil
        }
        switch event {
        case .issued(let user): self.issue(entry, user, &users)
        case .redeemed(let coupon, let user):
            self.redeemed += 1
            return self.use(entry, coupon, by: user, word: "redeemed")
        case .voided(let coupon):
            self.voided += 1
            return self.use(entry, coupon, by: nil, word: "voided")
        case .paused: self.change(entry, isPaused: true)
        case .resumed: self.change(entry, isPaused: false)
        case .raised(let quota): self.raise(entry, quota)
        }
        return nil
    }

    private mutating func move(to entry: AuditedEntry) {
        let (before, next) = (self.position, entry.position)
        self.position = next
        self.entries += 1
        let isIssue = next.index == 0
        let missing = next.sequence - before.sequence - (isIssue ? 1 : 0)
        if missing > 0 {
            let first = before.sequence + 1
            self.holes += missing
            if self.gaps.count < Self.gapLimit { self.gaps.append(first...(first + missing - 1)) }
            self.tell(.hole, "sequence \(first)", "\(missing) missing before \(next)")
        }
        let expected = next.sequence == before.sequence ? before.index &+ 1 : isIssue ? 0 : 1
        if next.index != expected {
            self.tell(.entryMissing, "\(next.sequence)-\(expected)", "\(next)")
        }
    }

    private func isIssued(_ sequence: Int64) -> Bool {
        (1...max(1, self.position.sequence)).contains(sequence) && self.position.sequence > 0
            && !self.gaps.contains { $0.contains(sequence) }
    }

    private mutating func issue(_ entry: AuditedEntry, _ user: String, _ users: inout UserBook) {
        let sequence = entry.position.sequence
        guard !self.isLender, entry.position.index == 0 else {
            return self.tell(.entryInvalid, "no issue", "\(entry.position) \(entry.text)")
        }
        self.issued += 1
        self.notes.issue(sequence, to: user)
        let found = "\(sequence) at \(entry.at)"
        if entry.at < self.record.start { self.tell(.early, "from \(self.record.start) on", found) }
        if self.record.end > 0, entry.at >= self.record.end { self.tell(.late, "before \(self.record.end)", found) }
        if self.isPaused { self.tell(.whilePaused, "nothing before it is resumed", found) }
        if let quota = self.raisedTo, sequence > quota { self.tell(.overQuota, "at most \(quota)", found) }
        guard self.record.userLimit > 0 else { return }
        guard !user.isEmpty else { return self.tell(.anonymous, "a user", found) }
        let account = users.add(user, at: self.place, limit: self.record.userLimit)
        if Int64(account.count) > self.record.userLimit {
            self.tell(
                .userLimit,
                "at most \(self.record.userLimit) of \(user)",
                "\(account.count), the last is \(sequence)"
            )
        }
        if account.part != UserBook.part(self.place) {
            self.tell(.userDivided, "all coupons of \(user) in part \(account.part)", found)
        }
    }

    private mutating func use(_ entry: AuditedEntry, _ coupon: Int64, by user: String?, word: String) -> Use? {
        if entry.position.index == 0 { self.tell(.entryInvalid, "an issue", "\(entry.position) \(entry.text)") }
        guard self.isIssued(coupon) else {
            self.tell(.couponUnknown, "a coupon that was issued", "\(entry.position) \(word) \(coupon)")
            return nil
        }
        guard self.notes.use(coupon) else {
            self.tell(.usedTwice, "a coupon that was not used", "\(entry.position) \(word) \(coupon)")
            return nil
        }
        if let user, !self.notes.mayUse(coupon, user) {
            self.tell(.otherUser, "the user of \(coupon)", "\(entry.position) \(word) by \(user)")
        }
        return Use(coupon: coupon, state: "\(word) \(entry.at) \(user ?? "")")
    }

    private mutating func change(_ entry: AuditedEntry, isPaused: Bool) {
        self.checkChange(entry)
        if self.isPaused == isPaused {
            self.tell(
                .changeWrong,
                isPaused ? "a pause of what is active" : "a resumption of what is paused",
                entry.position
            )
        }
        self.isPaused = isPaused
    }

    private mutating func raise(_ entry: AuditedEntry, _ quota: Int64) {
        self.checkChange(entry)
        let known = max(self.raisedTo ?? 0, self.position.sequence - 1)
        if quota <= known { self.tell(.changeWrong, "a quota above \(known)", "\(entry.position) \(quota)") }
        self.raisedTo = quota
    }

    private mutating func checkChange(_ entry: AuditedEntry) {
        self.changes += 1
        if self.place.part != nil || entry.position.index == 0 {
            self.tell(.entryInvalid, "no change of the campaign", "\(entry.position) \(entry.text)")
        }
    }

    // MARK: The end

    /// Compares the log up to its last entry in `cut` with what else the cut found.
    mutating func end(at cut: PlaceCut, _ users: UserBook) {
        guard let record = cut.record else { return }
        let key = CouponKeys.campaign(self.place)
        if cut.entries != self.entries {
            self.tell(.entryMissing, "\(cut.entries) entries", self.entries)
        }
        if !self.isLender {
            self.compare(.counterWrong, key, "sequence", log: self.position.sequence, record.sequence)
            if self.position.sequence > record.limit {
                self.tell(.overQuota, "at most \(record.limit)", self.position.sequence, key: key)
            }
        }
        if let root = record.root {
            self.compare(.counterWrong, key, "revision", log: self.changes, record.revision)
            self.compare(.counterWrong, key, "quota", log: self.raisedTo ?? root.quota, root.quota)
            self.compare(.counterWrong, key, "limit", log: root.quota, record.limit)
            if self.isPaused != record.isPaused {
                self.tell(.counterWrong, self.isPaused ? "paused" : "active", "the other state", key: key)
            }
        }
        let uses = self.redeemed + self.voided
        self.compare(.couponWrong, CouponKeys.coupons(self.place), "coupons used", log: uses, cut.used)
        let count = record.userLimit > 0 ? Int64(users.count(at: self.place)) : 0
        self.compare(.usersWrong, CouponKeys.users(self.place), "users", log: count, cut.users)
    }

    private mutating func compare(
        _ kind: CouponsAudit.Kind,
        _ key: String,
        _ name: String,
        log: Int64,
        _ found: Int64
    ) {
        if log != found { self.tell(kind, "\(name) \(log)", found, key: key) }
    }
}
