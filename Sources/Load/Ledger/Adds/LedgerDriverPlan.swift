/// What one event loop has to do in a load of the ledger.
package struct LedgerDriverPlan: Sendable {
    package let adds: AddPlan
    package let schedule: AddSchedule
    package let targets: [LoadTarget]
    /// For each connection of this loop, which target it goes to.
    package let connections: [Int]
    package let durability: LedgerLoadConfiguration.Durability?
    package let requestTimeout: Int64
    /// The monotonic instant at which the load ends, finished or not.
    package let endsAt: Int64
    /// For the lengths of waits.
    package let random: SeededRandom
    /// First and longest wait before a request or a connection is tried again: 20 ms, doubled up to 1 s.
    package let backOff: ClosedRange<Int64> = 20_000_000...1_000_000_000

    /// Divides a load among so many loops.
    package static func plans(
        for configuration: LedgerLoadConfiguration,
        adds: AddPlan,
        targets: [LoadTarget]
    ) -> [LedgerDriverPlan] {
        let loops = min(configuration.threads, configuration.connections)
        let start = MonotonicClock.now
        let interval: Double? =
            switch configuration.mode {
            case .closed: nil
            case .open(let rate, _): 1_000_000_000 / Double(rate)
            }
        return (0..<loops).map { loop in
            let fresh = RequestSchedule(
                total: adds.count,
                first: loop,
                stride: loops,
                ids: nil,
                interval: interval,
                start: start
            )
            let connections = (configuration.connections - loop - 1) / loops + 1
            return LedgerDriverPlan(
                adds: adds,
                schedule: AddSchedule(fresh, targets: targets.count),
                targets: targets,
                connections: (0..<connections).map { ($0 + loop) % targets.count },
                durability: configuration.durability,
                requestTimeout: configuration.requestTimeout.nanoseconds,
                endsAt: start + configuration.effectiveTimeLimit.nanoseconds,
                random: SeededRandom(seed: configuration.seed, stream: 100 + UInt64(loop))
            )
        }
    }
}
