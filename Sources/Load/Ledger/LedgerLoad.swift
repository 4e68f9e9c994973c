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
        progress: @escaping @Sendable (LedgerProgress) -> Void
    ) async throws(LoadError) -> LedgerReport {
        let targets = try self.configuration.validated()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: self.configuration.threads)
        let result: Result<LedgerReport, LoadError>
        do throws(LoadError) {
            result = .success(try await self.run(targets, group, progress))
        } catch {
            result = .failure(error)
        }
        // Nothing is left on the loops that could fail, and a failure here would not change the result.
        try? await group.shutdownGracefully()
        return try result.get()
    }

    private func run(
        _ targets: [LoadTarget],
        _ group: MultiThreadedEventLoopGroup,
        _ progress: @escaping @Sendable (LedgerProgress) -> Void
    ) async throws(LoadError) -> LedgerReport {
        let probe = HTTPGetter(group: group)
        for target in targets { try await probe.probe(target) }
        let plan = AddPlan(self.configuration)
        let counters = LedgerCounters()
        let judge = LedgerJudge(
            configuration: self.configuration,
            plan: plan,
            workers: AccountWorkers(targets: targets, group: group, configuration: self.configuration),
            counters: counters
        )
        let before = self.configuration.isChecking ? try await judge.standings() : []
        let started = MonotonicClock.now
        let tally = try await Self.watching(
            { progress(Self.progress(.sending, counters, total: plan.count, since: started)) },
            { () async throws(LoadError) in try await self.drive(plan, targets, group, counters) }
        )
        let elapsed = Duration.nanoseconds(MonotonicClock.now - started)
        var report = LedgerReport(self.configuration, tally, elapsed: elapsed)
        guard self.configuration.isChecking else { return report }
        let ended = MonotonicClock.now
        let findings = try await Self.watching(
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
        _ counters: LedgerCounters
    ) async throws(LoadError) -> LedgerTally {
        let plans = LedgerDriverPlan.plans(for: self.configuration, adds: adds, targets: targets)
        let tallies = plans.map { plan in
            let loop = group.next()
            let result = loop.makePromise(of: LedgerTally.self)
            loop.execute { LedgerDriver(loop: loop, plan: plan, counters: counters, result: result).start() }
            return result.futureResult
        }
        do {
            let all = try await withTaskCancellationHandler {
                try await EventLoopFuture.whenAllSucceed(tallies, on: group.next()).get()
            } onCancel: {
                counters.requestStop()
            }
            try Task.checkCancellation()
            return all.dropFirst().reduce(into: all.first ?? LedgerTally()) { $0.add($1) }
        } catch {
            // The drivers' results never fail, so this is a cancellation.
            throw .cancelled
        }
    }

    /// Reports progress while the work goes on, from another task: a slow terminal must not slow the load.
    private static func watching<Value: Sendable>(
        _ report: @escaping @Sendable () -> Void,
        _ work: () async throws(LoadError) -> Value
    ) async throws(LoadError) -> Value {
        let result = await withTaskGroup(of: Void.self) { group in
            group.addTask {
                while !Task.isCancelled {
                    report()
                    // Cancelled when the work is done, which is what ends this loop.
                    try? await Task.sleep(for: .milliseconds(100))
                }
            }
            defer { group.cancelAll() }

            do throws(LoadError) { return Result<Value, LoadError>.success(try await work()) } catch {
                return .failure(error)
            }
        }
        report()
        return try result.get()
    }

    private static func progress(
        _ phase: LedgerProgress.Phase,
        _ counters: LedgerCounters,
        total: Int,
        since started: Int64
    ) -> LedgerProgress {
        LedgerProgress(
            phase: phase,
            done: phase == .sending ? counters.done : counters.checked,
            total: total,
            failed: counters.failed,
            retries: counters.retries,
            elapsed: .nanoseconds(MonotonicClock.now - started)
        )
    }
}
