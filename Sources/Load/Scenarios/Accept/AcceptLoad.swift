import FoundationEssentials
import NIOCore
import NIOPosix

/// The seed's load test of `GET /api/verve/accept`, and an exact check that the service counted what it acknowledged.
package struct AcceptLoad: Sendable {
    private let configuration: AcceptLoadConfiguration

    package init(configuration: AcceptLoadConfiguration) {
        self.configuration = configuration
    }

    /// Runs the load, waits until the service has closed the windows it touched, and judges.
    ///
    /// `progress` is called some ten times a second. Ends in bounded time: the time limit of the load, then at most
    /// two windows and the wait for closing. Throws only when there is nothing to judge.
    package func run(
        progress: @escaping @Sendable (LoadProgress) -> Void
    ) async throws(LoadError) -> AcceptReport {
        let targets = try self.configuration.validated()
        return try await LoadLoops.run(threads: self.configuration.threads, calling: targets) {
            group throws(LoadError) in try await self.run(targets, group, progress)
        }
    }

    private func run(
        _ targets: [LoadTarget],
        _ group: MultiThreadedEventLoopGroup,
        _ progress: @escaping @Sendable (LoadProgress) -> Void
    ) async throws(LoadError) -> AcceptReport {
        let client = UniquesClient(targets: targets, group: group)
        let before = self.configuration.isChecking ? try await Self.countsNow(client) : nil
        let started = MonotonicClock.now
        let tally = try await self.drive(targets, group, progress)
        let elapsed = Duration.nanoseconds(MonotonicClock.now - started)
        var report = AcceptReport(self.configuration, tally, elapsed: elapsed)
        guard let before else { return report }
        let check = AcceptCheck(
            tally,
            windowSeconds: before.windowSeconds,
            before: before.windows.mapValues(\.count),
            configuration: self.configuration
        )
        let judge = AcceptJudge(check: check, client: client, configuration: self.configuration)
        let loaded = report
        try await judge.judge(&report, windowSeconds: before.windowSeconds) { secondsLeft in
            progress(Self.progress(.waiting(secondsLeft: secondsLeft), of: loaded))
        }
        return report
    }

    private func drive(
        _ targets: [LoadTarget],
        _ group: MultiThreadedEventLoopGroup,
        _ progress: @escaping @Sendable (LoadProgress) -> Void
    ) async throws(LoadError) -> AcceptTally {
        let counters = LoadCounters()
        let plans = LoadPlan.plans(for: self.configuration, targets: targets, clock: MonotonicClock())
        let tallies = plans.map { plan in
            let loop = group.next()
            let result = loop.makePromise(of: AcceptTally.self)
            loop.execute { LoadDriver(loop: loop, plan: plan, counters: counters, result: result).start() }
            return result.futureResult
        }
        let total = self.configuration.requests
        return try await Self.watching(progress, counters, total: total) { () async throws(LoadError) -> AcceptTally in
            do {
                let all = try await withTaskCancellationHandler {
                    try await EventLoopFuture.whenAllSucceed(tallies, on: group.next()).get()
                } onCancel: {
                    counters.requestStop()
                }
                try Task.checkCancellation()
                return all.dropFirst().reduce(into: all.first ?? AcceptTally()) { $0.add($1) }
            } catch {
                // The drivers' results never fail, so this is a cancellation.
                throw .cancelled
            }
        }
    }

    /// Reports progress while the work goes on, from another task: a slow terminal must not slow the load.
    private static func watching(
        _ progress: @escaping @Sendable (LoadProgress) -> Void,
        _ counters: LoadCounters,
        total: Int,
        _ work: () async throws(LoadError) -> AcceptTally
    ) async throws(LoadError) -> AcceptTally {
        let started = MonotonicClock.now
        let result = await withTaskGroup(of: Void.self) { group in
            group.addTask {
                while !Task.isCancelled {
                    progress(Self.progress(of: counters, total: total, since: started))
                    // Cancelled when the work is done, which is what ends this loop.
                    try? await Task.sleep(for: .milliseconds(100))
                }
            }
            defer { group.cancelAll() }

            do throws(LoadError) { return Result<AcceptTally, LoadError>.success(try await work()) } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private static func progress(of counters: LoadCounters, total: Int, since started: Int64) -> LoadProgress {
        LoadProgress(
            phase: .sending,
            done: counters.done,
            total: total,
            failed: counters.failed,
            unknown: counters.unknown,
            repeated: counters.repeated,
            elapsed: .nanoseconds(MonotonicClock.now - started)
        )
    }

    private static func progress(_ phase: LoadProgress.Phase, of report: AcceptReport) -> LoadProgress {
        LoadProgress(
            phase: phase,
            done: report.tally.acked + report.tally.failedCount + report.tally.unknownCount,
            total: report.configuration.requests,
            failed: report.tally.failedCount,
            unknown: report.tally.unknownCount,
            repeated: report.tally.repeated,
            elapsed: report.elapsed
        )
    }

    /// The counts around now, those of the window that runs among them.
    private static func countsNow(_ client: UniquesClient) async throws(LoadError) -> UniquesReport {
        let now = Int64(Date().timeIntervalSince1970)
        // Two minutes find a window of the usual length, and tell when it is longer.
        let report = try await client.report(from: now - 120, to: now + 120)
        guard report.windowSeconds > 60 else { return report }
        return try await client.report(from: now - 2 * report.windowSeconds, to: now + 2 * report.windowSeconds)
    }
}
