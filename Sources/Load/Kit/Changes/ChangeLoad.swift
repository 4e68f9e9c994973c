package import NIOCore
import NIOPosix

/// A load of changes, shared among event loops: the changes, their pace, and their connections.
package struct ChangeLoad: Sendable {
    package let changes: any ChangePlan
    package var watcher: (any ChangeWatcher)?
    package let targets: [LoadTarget]
    /// Changes per second at a fixed pace; nil has each connection send its next one after the last answer.
    package let rate: Double?
    /// Connections kept open.
    package var connections = 64
    /// Connections at most, when slow answers keep all of them busy at a fixed pace; nil opens no more.
    package var connectionLimit: Int?
    /// How long nothing is sent unless all connections are open; nil sends on each as soon as it is.
    package var connectWait: Duration?
    package var requestTimeout = Duration.seconds(10)
    /// How often a change that was not answered for good is sent again; nil is until it is.
    package var retryLimit: Int?
    /// After this no change is begun; nil begins all of them.
    package var sendingTime: Duration?
    package var timeLimit = Duration.seconds(600)
    /// Decides the lengths of waits.
    package var seed = 7

    package init(_ changes: any ChangePlan, targets: [LoadTarget], rate: Double?) {
        self.changes = changes
        self.targets = targets
        self.rate = rate
    }

    /// Sends all of them over these loops, and returns what is known at the end.
    package func run(
        on loops: [any EventLoop],
        _ counters: ChangeCounters
    ) async throws(LoadError) -> ChangeTally {
        let plans = self.plans(min(loops.count, self.connections))
        let tallies = zip(plans, loops).map { plan, loop in
            let result = loop.makePromise(of: ChangeTally.self)
            loop.execute { ChangeDriver(loop: loop, plan: plan, counters: counters, result: result).start() }
            return result.futureResult
        }
        do {
            let all = try await withTaskCancellationHandler {
                try await EventLoopFuture.whenAllSucceed(tallies, on: MultiThreadedEventLoopGroup.singleton.any()).get()
            } onCancel: {
                counters.requestStop()
            }
            try Task.checkCancellation()
            return all.dropFirst().reduce(into: all.first ?? ChangeTally()) { $0.add($1) }
        } catch {
            // The drivers' results never fail, so this is a cancellation.
            throw .cancelled
        }
    }

    /// Divides it among so many loops.
    private func plans(_ loops: Int) -> [ChangeDriverPlan] {
        let start = MonotonicClock.now
        return (0..<loops).map { loop in
            let fresh = RequestSchedule(
                total: self.changes.count,
                first: loop,
                stride: loops,
                ids: nil,
                interval: self.rate.map { 1_000_000_000 / $0 },
                start: start
            )
            let connections = Self.share(of: self.connections, loop, loops)
            return ChangeDriverPlan(
                changes: self.changes,
                watcher: self.watcher,
                schedule: ChangeSchedule(fresh, targets: self.targets.count),
                targets: self.targets,
                connections: (0..<connections).map { ($0 + loop) % self.targets.count },
                connectionLimit: self.connectionLimit.map { Self.share(of: $0, loop, loops) } ?? 0,
                connectWait: self.connectWait?.nanoseconds,
                requestTimeout: self.requestTimeout.nanoseconds,
                retryLimit: self.retryLimit,
                beginsUntil: self.sendingTime.map { start + $0.nanoseconds } ?? Int64.max,
                endsAt: start + self.timeLimit.nanoseconds,
                random: SeededRandom(seed: self.seed, stream: 100 + UInt64(loop))
            )
        }
    }

    private static func share(of total: Int, _ loop: Int, _ loops: Int) -> Int {
        total > loop ? (total - loop - 1) / loops + 1 : 0
    }
}
