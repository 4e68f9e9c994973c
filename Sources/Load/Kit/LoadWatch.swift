/// Tells how far a piece of work is while it goes on.
package enum LoadWatch {
    /// Calls `report` some ten times a second and at the end.
    ///
    /// Another task makes the calls: a slow terminal must not slow the load.
    package static func watching<Value: Sendable>(
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

    /// The same for one phase of a load, told as ``ChangeProgress``.
    package static func watching<Value: Sendable>(
        _ phase: ChangeProgress.Phase,
        _ total: Int,
        _ done: @escaping @Sendable () -> Int,
        _ counters: ChangeCounters,
        _ progress: @escaping @Sendable (ChangeProgress) -> Void,
        _ work: () async throws(LoadError) -> Value
    ) async throws(LoadError) -> Value {
        let started = MonotonicClock.now
        return try await Self.watching(
            {
                progress(
                    ChangeProgress(
                        phase: phase,
                        done: done(),
                        total: total,
                        failed: counters.failed,
                        retries: counters.retries,
                        elapsed: .nanoseconds(MonotonicClock.now - started)
                    )
                )
            },
            work
        )
    }
}
