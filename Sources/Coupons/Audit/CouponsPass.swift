import Evidence

/// One walk over all campaigns, or over one.
struct CouponsPass {
    let reader: StoreReader
    let options: CouponsAudit.Options
    let meter: AuditMeter

    var report = CouponsAudit.Report()
    private var fingerprints: [String: String] = [:]
    private var ring: CodeRing?
    /// Campaigns of which there is more than records.
    private var begun: Set<CampaignID> = []
    /// Campaigns that have any key.
    private var seen: Set<CampaignID> = []

    init(
        reader: StoreReader,
        options: CouponsAudit.Options,
        meter: AuditMeter
    ) {
        self.reader = reader
        self.options = options
        self.meter = meter
    }

    mutating func run(_ keys: [CodeKey]) async throws(AuditError) {
        if let number = self.options.campaign {
            try await self.readKeys(keys)
            guard let id = CampaignID(number), try await self.audit(id) else {
                throw .unusable("There is no campaign \(number)")
            }
            return
        }
        try await self.scan()
        let newest = try await self.reader.newest()
        // Behind the scan, so that the key of each campaign that was seen is known.
        try await self.readKeys(keys)
        for id in self.seen.filter({ $0.number > newest }).sorted() {
            self.report.violate(.idUnknown, CouponKeys.campaigns, "\(id) or more", newest)
        }
        let last = max(newest, self.seen.max()?.number ?? 0)
        for number in stride(from: 1, through: min(last, CampaignID.limit), by: 1) {
            guard let id = CampaignID(number), try await !self.audit(id) else { continue }
            guard self.begun.contains(id) else {
                self.report.incomplete += 1
                continue
            }
            let key = CouponKeys.campaign(id.root)
            self.report.violate(.recordMissing, key, "a campaign", "none, and other keys of it")
        }
    }

    private static let codeKeys = AuditError.unusable(
        "The code keys cannot be used: two have one version, or the one in Redis is none"
    )

    private mutating func readKeys(_ configured: [CodeKey]) async throws(AuditError) {
        let (fingerprints, secret) = try await self.reader.codeKeys()
        self.fingerprints = fingerprints
        var keys = configured
        if let secret {
            guard let key = CodeKey(version: 0, text: secret) else { throw Self.codeKeys }
            keys.append(key)
        }
        guard let ring = CodeRing(keys) else { throw Self.codeKeys }
        self.ring = ring
    }

    private mutating func scan() async throws(AuditError) {
        var (begun, seen): (Set<CampaignID>, Set<CampaignID>) = ([], [])
        var unknown: Set<String> = []
        var count = 0
        try await self.reader.scan(CouponKeys.pattern) { names in
            count += names.count
            for name in names {
                switch CouponKeys.owner(of: name) {
                case .record(let place):
                    seen.insert(place.campaign)
                    if place.part == nil { begun.insert(place.campaign) }
                case .other(let place):
                    seen.insert(place.campaign)
                    begun.insert(place.campaign)
                case nil: unknown.insert(name)
                }
            }
        }
        (self.begun, self.seen) = (begun, seen)
        for name in unknown.sorted() { self.report.violate(.unknownKey, name, "a key of a campaign", "another") }
        self.meter.add("keys", count)
    }

    // MARK: One campaign

    /// `false` when there is no such campaign.
    private mutating func audit(_ id: CampaignID) async throws(AuditError) -> Bool {
        let cut = try await self.reader.cut(id.root)
        guard cut.isThere else { return false }
        guard let record = cut.record, let root = record.root else {
            self.checkTypes(id.root, cut)
            if cut.kinds.first == "hash" {
                self.report.violate(.recordInvalid, CouponKeys.campaign(id.root), "the fields of a campaign", cut.text)
            }
            return true
        }
        let before = self.report.violations.total
        var line = CouponsAudit.Line(
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
        self.meter.add("campaigns", 1)
        return true
    }

    private mutating func codes(of id: CampaignID, _ record: AuditedCampaign) -> CouponCodes? {
        let words = record.codeKey.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        let known = words.count == 2 ? self.fingerprints[words[0]] : nil
        let key = CouponKeys.campaign(id.root)
        if known == nil || words.last != known {
            self.report.violate(.keyWrong, key, known.map { "\(words[0]):\($0)" } ?? "a known code key", record.codeKey)
        }
        guard let codes = self.ring?.codes(record.codeKey) else {
            self.report.leave(key, "its code key \(record.codeKey) is not here")
            return nil
        }
        return codes
    }

    /// `false` when there is no part that could be looked at.
    private mutating func auditPart(
        _ place: CampaignPlace,
        _ codes: CouponCodes?,
        _ users: inout UserBook,
        _ line: inout CouponsAudit.Line
    ) async throws(AuditError) -> Bool {
        let cut = try await self.reader.cut(place)
        guard let record = cut.record else {
            self.checkTypes(place, cut)
            let key = CouponKeys.campaign(place)
            if !cut.isThere { self.report.violate(.recordMissing, key, "a part of a campaign", "none") }
            if cut.kinds.first == "hash" { self.report.violate(.recordInvalid, key, "the fields of a part", cut.text) }
            return false
        }
        try await self.replay(place, cut, record, codes, &users, &line)
        return true
    }

    private mutating func checkLease(_ id: CampaignID) async throws(AuditError) {
        for number in 0..<max(1, self.options.leaseTries) {
            if number > 0 { try await StoreReader.wait(self.options.pause * number) }
            let lease: CouponsAudit.Lease?
            do { lease = try await self.reader.lease(id) } catch {
                guard error.isWrongType else { throw error }
                // All records were hashes just now.
                return self.report.violate(.wrongType, CouponKeys.loans(id), "hash", "another type")
            }
            guard let lease else { continue }
            let parts = lease.parts.compactMap(\.self)
            // Somebody deletes campaigns just now: the next audit tells.
            guard let record = lease.record, parts.count == lease.parts.count else { return }
            self.report.add(LeaseCheck(id, record, lease.loans, parts: parts).violations)
            return
        }
        self.report.leave(CouponKeys.campaign(id.root), "its units could not be summed, it kept lending")
    }

    // MARK: Telling

    mutating func checkTypes(_ place: CampaignPlace, _ cut: PlaceCut) {
        for (key, wanted, found) in cut.wrongTypes(of: place) { self.report.violate(.wrongType, key, wanted, found) }
    }
}
