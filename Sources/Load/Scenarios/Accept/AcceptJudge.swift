import FoundationEssentials

/// Waits until the service has closed the windows of a load, and puts the verdict into its report.
package struct AcceptJudge: Sendable {
    private let check: AcceptCheck
    private let client: UniquesClient
    private let configuration: AcceptLoadConfiguration

    package init(check: AcceptCheck, client: UniquesClient, configuration: AcceptLoadConfiguration) {
        self.check = check
        self.client = client
        self.configuration = configuration
    }

    /// Polls four times a second; calls `waiting` with the seconds it will at most go on.
    package func judge(
        _ report: inout AcceptReport,
        windowSeconds: Int64,
        waiting: (Int) -> Void
    ) async throws(LoadError) {
        guard let span = self.check.span else { return report.judge([], complaints: []) }
        let grace = self.configuration.closeWait.nanoseconds / 1_000_000_000
        let givesUpAt = max(Self.now, span.upperBound + windowSeconds) + grace
        let (from, to) = (span.lowerBound, span.upperBound + windowSeconds)
        var counts: UniquesReport?
        var trouble = LoadError.cannotCheck("no answer")
        while true {
            do throws(LoadError) {
                let answer = try await self.client.report(from: from, to: to)
                counts = answer
                if self.check.isSettled(answer, now: Self.now, grace: min(grace, 15)) { break }
            } catch { trouble = error }
            guard Self.now < givesUpAt else { break }
            waiting(Int(givesUpAt - Self.now))
            try await self.sleep(.milliseconds(250))
        }
        guard let counts else { return report.judge([], complaints: [trouble.description]) }
        waiting(Int(self.configuration.stableFor.nanoseconds / 1_000_000_000))
        try await self.sleep(self.configuration.stableFor)
        do throws(LoadError) {
            let again = try await self.lookAgain(from: from, to: to)
            report.judge(self.check.rows(counts), complaints: self.check.complaints(counts, again: again))
        } catch .cancelled {
            throw .cancelled
        } catch {
            report.judge(self.check.rows(counts), complaints: [error.description])
        }
    }

    /// In a fault run the service may be away just now, so one failure decides nothing.
    private func lookAgain(from: Int64, to: Int64) async throws(LoadError) -> UniquesReport {
        for _ in 0..<20 {
            do throws(LoadError) { return try await self.client.report(from: from, to: to) } catch {
                try await self.sleep(.milliseconds(250))
            }
        }
        return try await self.client.report(from: from, to: to)
    }

    private func sleep(_ time: Duration) async throws(LoadError) {
        do { try await Task.sleep(for: time) } catch { throw .cancelled }
    }

    private static var now: Int64 { Int64(Date().timeIntervalSince1970) }
}
