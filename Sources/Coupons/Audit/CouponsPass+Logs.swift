import Evidence

/// The walk over one log, and over what Redis says of its coupons and users besides.
extension CouponsPass {
    /// Replays a log and compares it with everything else of its place; adds what it counted to `line`.
    mutating func replay(
        _ place: CampaignPlace,
        _ first: PlaceCut,
        _ record: AuditedCampaign,
        _ codes: CouponCodes?,
        _ users: inout UserBook,
        _ line: inout CouponsAudit.Line
    ) async throws(AuditError) {
        self.checkTypes(place, first)
        guard first.wrongTypes(of: place).isEmpty else { return }
        var log = LogCheck(place, record)
        var cut = first
        try await self.follow(&log, to: cut, codes, &users, &line)
        var later: [(user: String, count: Int64)] = []
        if record.userLimit > 0 {
            later = try await self.checkUsers(place, users)
            // The users' counts may be newer than the log that was read: read on to where they certainly are not.
            cut = try await self.reader.cut(place)
            try await self.follow(&log, to: cut, codes, &users, &line)
            for (user, count) in later {
                let known = users.accounts[user]?.count ?? 0
                guard count > Int64(known) else { continue }
                self.report.violate(.usersWrong, CouponKeys.users(place), "\(user) \(known)", count)
            }
        }
        log.end(at: cut, users)
        let found = log.takeViolations()
        self.report.add(found)
        try await self.nameStrays(found, log, users)
        line.issued += log.issued
        line.holes += log.holes
        line.redeemed += log.redeemed
        line.voided += log.voided
    }

    /// Replays what is behind the last entry that was, up to a cut.
    private mutating func follow(
        _ log: inout LogCheck,
        to cut: PlaceCut,
        _ codes: CouponCodes?,
        _ users: inout UserBook,
        _ line: inout CouponsAudit.Line
    ) async throws(AuditError) {
        guard let last = cut.last else { return }
        while log.position < last {
            let entries = try await self.reader.entries(log.place, after: log.position, to: last)
            var uses: [LogCheck.Use] = []
            for entry in entries {
                if let use = log.add(entry, &users) { uses.append(use) }
                guard case .issued = entry.event, entry.position.index == 0, let codes else { continue }
                if self.check(codes, log.place, entry.position.sequence) {
                    line.distinctCodes = (line.distinctCodes ?? 0) + 1
                }
            }
            self.report.add(log.takeViolations())
            try await self.check(uses, at: log.place)
            self.meter.add("entries", entries.count)
            // Somebody took entries away; the end of the log tells how many.
            guard !entries.isEmpty else { return }
        }
    }

    /// Whether a coupon's code names this coupon, as people type it: then no other coupon has it.
    private mutating func check(_ codes: CouponCodes, _ place: CampaignPlace, _ local: Int64) -> Bool {
        let number = CouponNumber(campaign: place.campaign, sequence: place.sequence(local))
        let code = codes.code(number)
        let named = CouponCode(code.description).flatMap { codes.number($0) }
        guard named != number else { return true }
        self.report.violate(
            .codeWrong,
            CouponKeys.log(place),
            "a code of \(number.sequence) alone",
            named.map { "one of \($0.sequence) in \($0.campaign)" } ?? "no code"
        )
        return false
    }

    /// The state of a used coupon never changes again, so it must be there from the use's entry on.
    private mutating func check(_ uses: [LogCheck.Use], at place: CampaignPlace) async throws(AuditError) {
        guard !uses.isEmpty else { return }
        let key = CouponKeys.coupons(place)
        let states = try await self.reader.values(key, uses.map { String($0.coupon) })
        for (use, state) in zip(uses, states) where state != use.state {
            self.report.violate(.couponWrong, key, "\(use.coupon) \(use.state)", state ?? "nothing")
        }
    }

    /// A user's number never falls: it is at least what the log said before, and what is more the log will tell.
    private mutating func checkUsers(
        _ place: CampaignPlace,
        _ book: UserBook
    ) async throws(AuditError) -> [(user: String, count: Int64)] {
        let key = CouponKeys.users(place)
        let users = book.users(at: place)
        var later: [(user: String, count: Int64)] = []
        for (user, text) in zip(users, try await self.reader.values(key, users)) {
            let (expected, count) = (Int64(book.accounts[user]?.count ?? 0), text.flatMap { Int64($0) })
            guard let count, count >= expected else {
                self.report.violate(.usersWrong, key, "\(user) \(expected)", text ?? "nothing")
                continue
            }
            if count > expected { later.append((user, count)) }
        }
        return later
    }

    /// Where a hash has more than its log tells of: says what that is.
    private mutating func nameStrays(
        _ violations: [Violation<CouponsAudit.Kind>],
        _ log: LogCheck,
        _ users: UserBook
    ) async throws(AuditError) {
        let place = log.place
        if violations.contains(where: { $0.kind == .couponWrong }) {
            let key = CouponKeys.coupons(place)
            for name in try await self.reader.strays(key, { Int64($0).map { log.notes.isUsed($0) } ?? false }) {
                self.report.violate(.couponWrong, key, "an entry that used it", "coupon \(name)")
            }
        }
        if violations.contains(where: { $0.kind == .usersWrong }) {
            let key = CouponKeys.users(place)
            for name in try await self.reader.strays(key, { users.accounts[$0] != nil }) {
                self.report.violate(.usersWrong, key, "an issue to this user", name)
            }
        }
    }
}
