import CouponAPI
package import NIOCore

/// One run of a mixed load, phase after phase.
package struct MixedRun: Sendable {
    private let configuration: MixedLoadConfiguration
    private let targets: [LoadTarget]
    private let sender: any EventLoop
    private let asker: any EventLoop
    private let progress: @Sendable (ChangeProgress) -> Void

    /// The first of `loops` sends, the last asks questions.
    package init(
        _ configuration: MixedLoadConfiguration,
        _ targets: [LoadTarget],
        _ loops: [any EventLoop],
        _ progress: @escaping @Sendable (ChangeProgress) -> Void
    ) {
        precondition(loops.count >= 2)
        self.configuration = configuration
        self.targets = targets
        (self.sender, self.asker) = (loops[0], loops[1])
        self.progress = progress
    }

    package func run() async throws(LoadError) -> MixedReport {
        let shares = self.configuration.shares
        if shares.has(.payment) { try await self.seed() }
        let campaign = shares.has(.coupon) ? try await self.campaign() : 0
        let last = MixedPlan.LastPayment()
        let plan = try MixedPlan(self.configuration, campaign: campaign, last: last)
        let book = MixedBook(plan, last: last)
        let started = MonotonicClock.now
        var load = self.load(plan, rate: Double(self.configuration.rate))
        load.watcher = book
        load.connections = self.configuration.connections
        load.connectionLimit = self.configuration.connectionLimit
        load.retryLimit = self.configuration.retries
        load.timeLimit = .seconds(self.configuration.seconds) + self.configuration.settleWait
        let tally = try await self.send(load, .sending)
        var report = MixedReport(
            self.configuration,
            book,
            tally,
            elapsed: .nanoseconds(MonotonicClock.now - started)
        )
        // Without keys nobody can ask again, so what was lost stays unknown.
        if !self.configuration.isKeyless {
            let again = MixedAgainPlan(plan, book)
            let names = MixedNames(again)
            var repeating = self.load(again, rate: nil)
            repeating.watcher = names
            report.again = try await self.send(repeating, .checking)
            report.takenAtLast = names.taken
        }
        let records = report.again == nil ? book.records : book.records.merging(report.takenAtLast) { $1 }
        report.ends = try await self.send(self.load(MixedEndPlan(plan, records), rate: nil), .settling)
        report.findings = try await MixedCheck(plan, records, isExact: !self.configuration.isKeyless)
            .findings(self.workers, campaign: shares.has(.coupon) ? campaign : nil, self.calls)
        return report
    }

    private func load(_ plan: any ChangePlan, rate: Double?) -> ChangeLoad {
        var load = ChangeLoad(plan, targets: self.targets, rate: rate)
        load.connections = max(min(self.configuration.connections, plan.count), 1)
        load.requestTimeout = self.configuration.requestTimeout
        load.timeLimit = self.configuration.settleWait
        load.seed = self.configuration.seed
        return load
    }

    private func send(_ load: ChangeLoad, _ phase: ChangeProgress.Phase) async throws(LoadError) -> ChangeTally {
        let counters = ChangeCounters()
        return try await LoadWatch.watching(
            phase,
            load.changes.count,
            { counters.done },
            counters,
            self.progress,
            { () async throws(LoadError) in try await load.run(on: [self.sender], counters) }
        )
    }

    private func seed() async throws(LoadError) {
        let seeds = SeedPlan(self.configuration.payments)
        let tally = try await self.send(self.load(seeds, rate: nil), .seeding)
        guard tally.takenCount == seeds.count, tally.mismatches == 0 else {
            throw .cannotSeed(tally.complaints(word: "add", isBehindProxy: true).joined(separator: "; "))
        }
    }

    private func campaign() async throws(LoadError) -> Int64 {
        var opening = CouponOpening(self.configuration.coupons, self.calls)
        return try await opening.open().campaign.id
    }

    private var calls: CouponCalls {
        CouponCalls(self.reader, service: self.configuration.coupons.service, codec: .json)
    }

    private var reader: ExchangeReader {
        ExchangeReader(
            targets: self.targets,
            place: 0,
            loop: self.asker,
            timeout: self.configuration.requestTimeout,
            patience: self.configuration.settleWait
        )
    }

    private var workers: AccountWorkers {
        AccountWorkers(
            targets: self.targets,
            group: self.asker,
            connections: self.configuration.connections,
            timeout: self.configuration.requestTimeout,
            patience: self.configuration.settleWait
        )
    }
}
