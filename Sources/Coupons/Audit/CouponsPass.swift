import Redis
import Timing

/// One walk over all campaigns, or over one.
struct CouponsPass {
    let reader: CouponsAuditReader
    let options: CouponsAudit.Options
    private let tell: @Sendable (CouponsAudit.Progress) -> Void
    private var progress = CouponsAudit.Progress()
    private var toldAt = LoopClock().now

    private(set) var report = CouponsReport()
    private var fingerprints: [String: String] = [:]
    private var ring: CodeRing?
    /// Campaigns of which there is more than records.
    private var begun: Set<CampaignID> = []
    /// Campaigns that have any key.
    private var seen: Set<CampaignID> = []

    init(
        reader: CouponsAuditReader,
        options: CouponsAudit.Options,
        _ tell: @escaping @Sendable (CouponsAudit.Progress) -> Void
    ) {
        self.reader = reader
        self.options = options
        self.tell = tell
    }

    mutating func run(_ keys: [CodeKey]) async throws(CouponsAuditError) {
        if let number = self.options.campaign {
            try await self.readKeys(keys)
            guard let id = CampaignID(number), try await self.audit(id) else { throw .campaignUnknown(number) }
            return
        }
        try await self.scan()
        let newest = try await self.reader.newest()
        // Behind the scan, so that the key of each campaign that was seen is known.
        try await self.readKeys(keys)
        for id in self.seen.filter({ $0.number > newest }).sorted() {
            self.violate(.idUnknown, CouponKeys.campaigns, "\(id) or more", newest)
        }
        let last = max(newest, self.seen.max()?.number ?? 0)
        for number in stride(from: 1, through: min(last, CampaignID.limit), by: 1) {
            guard let id = CampaignID(number), try await !self.audit(id) else { continue }
            guard self.begun.contains(id) else {
                self.report.incomplete += 1
                continue
            }
            self.violate(.recordMissing, CouponKeys.campaign(id.root), "a campaign", "none, and other keys of it")
        }
    }

    private mutating func readKeys(_ configured: [CodeKey]) async throws(CouponsAuditError) {
        let (fingerprints, secret) = try await self.reader.keys()
        self.fingerprints = fingerprints
        var keys = configured
        if let secret {
            guard let key = CodeKey(version: 0, text: secret) else { throw .codeKeys }
            keys.append(key)
        }
        guard let ring = CodeRing(keys) else { throw .codeKeys }
        self.ring = ring
    }

    private mutating func scan() async throws(CouponsAuditError) {
        var (begun, seen): (Set<CampaignID>, Set<CampaignID>) = ([], [])
        var unknown: Set<String> = []
        var count = 0
        try await self.reader.scan { names in
            count += names.count
            for name in names {
                switch CouponsAuditKey(name) {
                case .record(let place):
                    seen.insert(place.campaign)
                    if place.part == nil { begun.insert(place.campaign) }
                case .other(let place):
                    seen.insert(place.campaign)
                    begun.insert(place.campaign)
                case .unknown(let name): unknown.insert(name)
                }
            }
        }
        (self.begun, self.seen) = (begun, seen)
        for name in unknown.sorted() { self.violate(.unknownKey, name, "a key of a campaign", "another") }
        self.advance { $0.keys = count }
    }

    // MARK: One campaign

    /// `false` when there is no such campaign.
    private mutating func audit(_ id: CampaignID) async throws(CouponsAuditError) -> Bool {
        let cut = try await self.reader.cut(id.root)
        guard cut.isThere else { return false }
        guard let record = cut.record, let root = record.root else {
            self.checkTypes(id.root, cut)
            if cut.kinds.first == "hash" {
                self.violate(.recordInvalid, CouponKeys.campaign(id.root), "the fields of a campaign", cut.text)
            }
            return true
        }
        let before = self.report.violations.total
        var line = CouponsReport.Line(
            id: id.number,
            name: root.name,
            mode: root.mode,
            quota: root.quota,
            userLimit: record.userLimit
        )
        let codes = self.codes(of: id, record)
        if codes == nil { line.distinctCodes = nil }
        var users = UserBook()
        try await self.replay(id.root, cut, record, codes, &users, &line)
        if root.mode == .leased {
            var isWhole = true
            for place in id.parts where try await !self.auditPart(place, codes, &users, &line) { isWhole = false }
            if isWhole { try await self.checkLease(id) }
        }
        (line.users, line.usersOverLimit) = (users.accounts.count, users.overLimit)
        line.violations = self.report.violations.total - before
        self.report.add(line)
        self.advance { $0.campaigns += 1 }
        return true
    }

    private mutating func codes(of id: CampaignID, _ record: AuditedRecord) -> CouponCodes? {
        let words = record.codeKey.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        let known = words.count == 2 ? self.fingerprints[words[0]] : nil
        let key = CouponKeys.campaign(id.root)
        if known == nil || words.last != known {
            self.violate(.keyWrong, key, known.map { "\(words[0]):\($0)" } ?? "a known code key", record.codeKey)
        }
        guard let codes = self.ring?.codes(record.codeKey) else {
            self.report.undecided.append(.init(key: key, reason: "its code key \(record.codeKey) is not here"))
            return nil
        }
        return codes
    }

    /// `false` when there is no part that could be looked at.
    private mutating func auditPart(
        _ place: CampaignPlace,
        _ codes: CouponCodes?,
        _ users: inout UserBook,
        _ line: inout CouponsReport.Line
    ) async throws(CouponsAuditError) -> Bool {
        let cut = try await self.reader.cut(place)
        guard let record = cut.record else {
            self.checkTypes(place, cut)
            let key = CouponKeys.campaign(place)
            if !cut.isThere { self.violate(.recordMissing, key, "a part of a campaign", "none") }
            if cut.kinds.first == "hash" { self.violate(.recordInvalid, key, "the fields of a part", cut.text) }
            return false
        }
        try await self.replay(place, cut, record, codes, &users, &line)
        return true
    }

    private mutating func checkLease(_ id: CampaignID) async throws(CouponsAuditError) {
        for number in 0..<max(1, self.options.leaseTries) {
            if number > 0 { try await CouponsAuditReader.wait(self.options.pause * number) }
            let lease: CouponsAuditReader.Lease?
            do { lease = try await self.reader.lease(id) } catch {
                guard case .unreadable(.refused(let refusal)) = error, refusal.kind == .wrongType else { throw error }
                // All records were hashes just now.
                return self.violate(.wrongType, CouponKeys.loans(id), "hash", "another type")
            }
            guard let lease else { continue }
            let parts = lease.parts.compactMap(\.self)
            // Somebody deletes campaigns just now: the next audit tells.
            guard let record = lease.record, parts.count == lease.parts.count else { return }
            for violation in LeaseCheck(id, record, lease.loans, parts: parts).violations {
                self.report.violations.append(violation)
            }
            return
        }
        self.report.undecided.append(
            .init(key: CouponKeys.campaign(id.root), reason: "its units could not be summed, it kept lending")
        )
    }

    // MARK: Telling

    mutating func checkTypes(_ place: CampaignPlace, _ cut: PlaceCut) {
        for (key, wanted, found) in cut.wrongTypes(of: place) { self.violate(.wrongType, key, wanted, found) }
    }

    mutating func violate(
        _ kind: CouponViolation.Kind,
        _ key: String,
        _ expected: some CustomStringConvertible,
        _ found: some CustomStringConvertible
    ) {
        self.report.violations.append(CouponViolation(kind, key: key, expected: expected, found: found))
    }

    mutating func add(_ violations: [CouponViolation]) {
        for violation in violations { self.report.violations.append(violation) }
    }

    mutating func advance(_ change: (inout CouponsAudit.Progress) -> Void) {
        change(&self.progress)
        let now = LoopClock().now
        guard self.toldAt.duration(to: now) >= .seconds(1) else { return }
        self.toldAt = now
        self.tell(self.progress)
    }
}
