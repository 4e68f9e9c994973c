import Synchronization

/// Follows accepted distributions to their end.
package struct DistributionFollower: Sendable {
    /// Seconds that the service may wait for an end before it answers: 30, below every proxy's patience for it.
    package static let waitSeconds = 30

    private let workers: AccountWorkers
    private let counters: ChangeCounters
    /// The monotonic instant at which what is still open stays so.
    private let endsAt: Int64

    package init(_ workers: AccountWorkers, _ counters: ChangeCounters, endsAt: Int64) {
        self.workers = workers
        self.counters = counters
        self.endsAt = endsAt
    }

    /// The end of each of these that could be asked about.
    package func ends(
        of promises: [Int: DistributionAnswer],
        _ findings: inout Findings<DistributionViolation>
    ) async throws(LoadError) -> [Int: DistributionEnd] {
        let ends = Mutex<[Int: DistributionEnd]>([:])
        do throws(LoadError) {
            try await self.workers.forEach(promises.keys.sorted()) { reader, number throws(LoadError) in
                guard let promise = promises[number] else { return }
                let end = try await self.end(of: promise, &reader)
                ends.withLock { $0[number] = end }
                self.counters.countChecked()
            }
        } catch .cancelled {
            throw .cancelled
        } catch {
            findings.add(.unread, "\(error)")
        }
        return ends.withLock { $0 }
    }

    private func end(
        of promise: DistributionAnswer,
        _ reader: inout AccountClient
    ) async throws(LoadError) -> DistributionEnd {
        while true {
            let left = (self.endsAt - MonotonicClock.now) / 1_000_000_000
            let wait = left > 0 ? "?wait=\(min(left, Int64(Self.waitSeconds)))" : ""
            let answer = try await reader.http.get("/distributions/\(promise.id)\(wait)")
            let end = DistributionEnd(answer, of: promise)
            guard case .open = end, MonotonicClock.now < self.endsAt else { return end }
            do { try await Task.sleep(for: .milliseconds(100)) } catch { throw .cancelled }
        }
    }
}
