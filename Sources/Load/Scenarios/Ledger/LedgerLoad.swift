import NIOCore
import NIOPosix

/// Adds to many accounts with keys and repeats, and an exact check that each one happened once.
package struct LedgerLoad: Sendable {
    private let configuration: LedgerLoadConfiguration

    package init(configuration: LedgerLoadConfiguration) {
        self.configuration = configuration
    }

    /// Runs the load, compares the accounts, and judges.
    ///
    /// `progress` is called some ten times a second. Throws only when there is nothing to judge.
    package func run(
        progress: @escaping @Sendable (ChangeProgress) -> Void
    ) async throws(LoadError) -> LedgerReport {
        let targets = try self.configuration.validated()
        return try await LoadLoops.run(threads: self.configuration.threads, calling: targets) {
            group throws(LoadError) in try await self.run(targets, group, progress)
        }
    }

    private func run(
        _ targets: [LoadTarget],
        _ group: MultiThreadedEventLoopGroup,
        _ progress: @escaping @Sendable (ChangeProgress) -> Void
    ) async throws(LoadError) -> LedgerReport {
        let plan = AddPlan(self.configuration)
        let counters = ChangeCounters()
        let judge = LedgerJudge(
            configuration: self.configuration,
            plan: plan,
            workers: AccountWorkers(
                targets: targets,
                group: group,
                connections: self.configuration.connections,
                timeout: self.configuration.requestTimeout,
                patience: self.configuration.settleWait
            ),
            counters: counters
        )
        let before = self.configuration.isChecking ? try await judge.standings() : []
        let started = MonotonicClock.now
        let tally = try await LoadWatch.watching(
            { progress(Self.progress(.sending, counters, total: plan.count, since: started)) },
            { () async throws(LoadError) in try await self.drive(plan, targets, group, counters) }
        )
        let elapsed = Duration.nanoseconds(MonotonicClock.now - started)
        var report = LedgerReport(self.configuration, tally, elapsed: elapsed)
        guard self.configuration.isChecking else { return report }
        let ended = MonotonicClock.now
        let findings = try await LoadWatch.watching(
            { progress(Self.progress(.checking, counters, total: before.count, since: ended)) },
            { () async throws(LoadError) in try await judge.judge(tally, before: before) }
        )
        report.judge(findings)
        return report
    }

    private func drive(
        _ adds: AddPlan,
        _ targets: [LoadTarget],
        _ group: MultiThreadedEventLoopGroup,
        _ counters: ChangeCounters
    ) async throws(LoadError) -> ChangeTally {
        var rate: Int?
        if case .open(let pace, _) = self.configuration.mode { rate = pace }
        var load = ChangeLoad(adds, targets: targets, rate: rate.map(Double.init))
        load.connections = self.configuration.connections
        load.requestTimeout = self.configuration.requestTimeout
        load.timeLimit = self.configuration.effectiveTimeLimit
        load.seed = self.configuration.seed
        return try await load.run(on: Array(group.makeIterator()), counters)
    }

    private static func progress(
        _ phase: ChangeProgress.Phase,
        _ counters: ChangeCounters,
        total: Int,
        since started: Int64
    ) -> ChangeProgress {
        ChangeProgress(
            phase: phase,
            done: phase == .sending ? counters.done : counters.checked,
            total: total,
            failed: counters.failed,
            retries: counters.retries,
            elapsed: .nanoseconds(MonotonicClock.now - started)
        )
    }
}
