/// The part of one event loop in a load.
package struct LoadPlan: Sendable {
    package var schedule: RequestSchedule
    /// Where each connection of this loop goes.
    package var targets: [LoadTarget]
    package var isRetrying: Bool
    package var requestTimeout: Int64
    /// The monotonic instant at which the load ends, finished or not.
    package var endsAt: Int64
    package var clock: MonotonicClock
    /// First and longest wait before a request or a connection is tried again: 20 ms, doubled up to 1 s.
    package var backOff: ClosedRange<Int64> = 20_000_000...1_000_000_000

    /// Divides a load among so many loops.
    package static func plans(
        for configuration: AcceptLoadConfiguration,
        targets: [LoadTarget],
        clock: MonotonicClock
    ) -> [LoadPlan] {
        let loops = min(configuration.threads, configuration.connections)
        let start = MonotonicClock.now
        let interval: Double? =
            switch configuration.mode {
            case .closed: nil
            case .open(let rate, _): 1_000_000_000 / Double(rate)
            }
        return (0..<loops).map { loop in
            LoadPlan(
                schedule: RequestSchedule(
                    total: configuration.requests,
                    first: loop,
                    stride: loops,
                    ids: configuration.hasUniqueIDs ? nil : configuration.ids,
                    interval: interval,
                    start: start
                ),
                targets: stride(from: loop, to: configuration.connections, by: loops)
                    .map { targets[$0 % targets.count] },
                isRetrying: configuration.isRetrying,
                requestTimeout: configuration.requestTimeout.nanoseconds,
                endsAt: start + configuration.effectiveTimeLimit.nanoseconds,
                clock: clock
            )
        }
    }
}
