package import NIOCore

/// One run of a load of coupons, phase after phase.
package struct CouponsRun: Sendable {
    /// Issues in a rush: more than can be sent before it is over.
    private static let rushCount = 1_000_000_000

    private let configuration: CouponsLoadConfiguration
    private let targets: [LoadTarget]
    /// Where issues are sent.
    private let senders: [any EventLoop]
    /// Where questions are asked.
    private let asker: any EventLoop
    private let progress: @Sendable (ChangeProgress) -> Void

    /// The last of `loops` asks questions, the others send.
    package init(
        _ configuration: CouponsLoadConfiguration,
        _ targets: [LoadTarget],
        _ loops: [any EventLoop],
        _ progress: @escaping @Sendable (ChangeProgress) -> Void
    ) {
        precondition(loops.count >= 2)
        self.configuration = configuration
        self.targets = targets
        self.senders = Array(loops.dropLast())
        self.asker = loops[loops.count - 1]
        self.progress = progress
    }

    package func run() async throws(LoadError) -> CouponsReport {
        let started = MonotonicClock.now
        var opening = CouponOpening(self.configuration, self.calls(patience: self.configuration.settleWait))
        let (campaign, before) = try await opening.open()
        var evidence = CouponEvidence(campaign, self.configuration.couponUsers)
        evidence.before = before
        evidence.mustSellOut = self.configuration.pattern == .rush
        var tallies = CouponsReport.Tallies()
        if campaign.isOwn, self.configuration.startIn > .zero, self.configuration.early > 0 {
            let book = CouponBook()
            tallies.early = try await self.send(book, self.load(campaign, first: 0, self.configuration.early), total: 0)
            evidence.early = book.records
        }
        try await self.wait(until: campaign.openFrom)
        let counters = ChangeCounters()
        let book = self.book(most: evidence.most - before.count, counters)
        let looks = CouponLooks(campaign)
        tallies.issues = try await self.issue(campaign, book, looks, counters)
        evidence.issues = book.records
        if self.configuration.late > 0, book.soldOut > 0 || before.count + book.issued >= campaign.quota {
            let lateBook = CouponBook()
            let load = self.load(campaign, first: evidence.issues.count, self.configuration.late)
            tallies.late = try await self.send(lateBook, load, total: 0)
            evidence.late = lateBook.records
        }
        let findings = try await self.judge(&evidence, looks)
        return CouponsReport(
            self.configuration,
            evidence,
            tallies,
            looks: looks.count,
            findings,
            elapsed: book.elapsed,
            total: .nanoseconds(MonotonicClock.now - started)
        )
    }

    private func calls(patience: Duration) -> CouponCalls {
        let reader = ExchangeReader(
            targets: self.targets,
            place: 0,
            loop: self.asker,
            timeout: self.configuration.requestTimeout,
            patience: patience
        )
        return CouponCalls(reader, service: self.configuration.service, codec: self.configuration.codec)
    }

    private func wait(until instant: Int64) async throws(LoadError) {
        let started = MonotonicClock.now
        let total = Duration.nanoseconds(max(instant, started) - started)
        guard total >= .milliseconds(100) else {
            // There is nothing to tell of a campaign that starts at once.
            do { return try await Task.sleep(for: total) } catch { throw .cancelled }
        }
        try await LoadWatch.watching(
            .waiting,
            Int(clamping: total.nanoseconds / 1_000_000),
            { Int(clamping: min(MonotonicClock.now, instant) - started) / 1_000_000 },
            ChangeCounters(),
            self.progress,
            { () async throws(LoadError) in
                do { try await Task.sleep(for: total) } catch { throw .cancelled }
            }
        )
    }

    /// A rush ends when all is gone, or when each client was told so.
    private func book(most: Int, _ counters: ChangeCounters) -> CouponBook {
        guard self.configuration.pattern == .rush else { return CouponBook() }
        return CouponBook(
            end: CouponBook.End(codes: max(most, 1), refusals: self.configuration.connections, counters: counters)
        )
    }

    /// Issues without a pace, each connection sending its next one after the last answer.
    private func load(_ campaign: CouponCampaign, first: Int, _ count: Int) -> ChangeLoad {
        let plan = IssuePlan(self.configuration, campaign: campaign.id, first: first, count: count)
        var load = ChangeLoad(plan, targets: self.targets, rate: nil)
        // One to each target, so that what a target does not answer gets to another one.
        load.connections = max(min(self.configuration.connections, count), self.targets.count)
        return load
    }

    private func issue(
        _ campaign: CouponCampaign,
        _ book: CouponBook,
        _ looks: CouponLooks,
        _ counters: ChangeCounters
    ) async throws(LoadError) -> ChangeTally {
        var load: ChangeLoad
        let total: Int
        switch self.configuration.pattern {
        case .seed:
            total = self.configuration.issues
            let plan = IssuePlan(self.configuration, campaign: campaign.id, first: 0, count: total)
            let rate = Double(total) / Double(self.configuration.seconds)
            load = ChangeLoad(plan, targets: self.targets, rate: rate)
            load.connections = self.configuration.connections
            load.connectionLimit = self.configuration.connectionLimit
        case .rush:
            total = Int(clamping: campaign.quota)
            load = self.load(campaign, first: 0, Self.rushCount)
            load.sendingTime = .seconds(self.configuration.seconds)
        }
        let sending = load
        let result = await withTaskGroup(of: Void.self) { group in
            if self.configuration.lookInterval > .zero {
                let calls = self.calls(patience: .zero)
                group.addTask { await looks.run(calls, book, interval: self.configuration.lookInterval) }
            }
            defer { group.cancelAll() }

            do throws(LoadError) {
                return Result<ChangeTally, LoadError>
                    .success(try await self.send(book, sending, total: total, counters))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private func send(
        _ book: CouponBook,
        _ load: ChangeLoad,
        total: Int,
        _ counters: ChangeCounters = ChangeCounters()
    ) async throws(LoadError) -> ChangeTally {
        var load = load
        load.watcher = book
        load.requestTimeout = self.configuration.requestTimeout
        load.timeLimit = self.configuration.effectiveTimeLimit
        load.seed = self.configuration.seed
        let sending = load
        return try await LoadWatch.watching(
            .issuing,
            total,
            { book.issued },
            counters,
            self.progress,
            { () async throws(LoadError) in try await sending.run(on: self.senders, counters) }
        )
    }

    private func judge(
        _ evidence: inout CouponEvidence,
        _ looks: CouponLooks
    ) async throws(LoadError) -> Findings<CouponViolation> {
        var reader = CouponReader(
            self.calls(patience: self.configuration.settleWait),
            evidence.campaign,
            patience: self.configuration.settleWait
        )
        let hasDoubts = evidence.all.contains { $0.record.state == .doubtful }
        var findings = Findings<CouponViolation>()
        do throws(LoadError) {
            let listing = try await reader.read(hasDoubts: hasDoubts)
            evidence.listing = listing
            looks.end(listing.codes)
        } catch .cancelled {
            throw .cancelled
        } catch {
            findings.add(.unread, "\(error)")
        }
        findings.add(CouponCheck.findings(evidence))
        findings.add(looks.findings)
        return findings
    }
}
