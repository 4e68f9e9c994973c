import Histogram

/// The findings of a load.
package struct AcceptReport: Sendable {
    package let configuration: AcceptLoadConfiguration
    package let tally: AcceptTally
    /// From the first request to the last answer.
    package let elapsed: Duration
    /// The windows and their verdicts, in order; empty when nothing was checked.
    package private(set) var rows: [AcceptCheck.Row] = []
    /// Why it did not pass; empty when it did.
    package private(set) var complaints: [String]
    package private(set) var isChecked = false

    /// A report of the answers alone, without the counts.
    package init(_ configuration: AcceptLoadConfiguration, _ tally: AcceptTally, elapsed: Duration) {
        self.configuration = configuration
        self.tally = tally
        self.elapsed = elapsed
        var complaints: [String] = []
        for (fault, count) in tally.failed.sorted(by: { "\($0.key)" < "\($1.key)" }) {
            complaints.append("\(count) requests failed: \(fault)")
        }
        if !configuration.isAllowingUnknown {
            for (doubt, count) in tally.unknown.sorted(by: { "\($0.key)" < "\($1.key)" }) {
                complaints.append("\(count) requests have no certain outcome: \(doubt)")
            }
        }
        if tally.unsent > 0 { complaints.append("\(tally.unsent) requests were not sent before the time limit") }
        if tally.acked == 0 && complaints.isEmpty { complaints.append("no request was answered ok") }
        self.complaints = complaints
    }

    /// Adds the verdict on the counts.
    package mutating func judge(_ rows: [AcceptCheck.Row], complaints: [String]) {
        self.rows = rows
        self.complaints += complaints
        self.isChecked = true
    }

    package var passed: Bool { self.complaints.isEmpty }

    /// 0 passed, 1 failed; a load that could not run has no report, and 2.
    package var exitCode: Int32 { self.passed ? 0 : 1 }

    /// Requests that ended, per second.
    package var rate: Double {
        let seconds = Double(self.elapsed.nanoseconds) / 1_000_000_000
        return seconds > 0 ? Double(self.tally.latency.totalCount) / seconds : 0
    }

    /// Seconds below which this many percent of the requests stayed; the longest at 100.
    package func latency(percent: Double) -> Double {
        guard self.tally.latency.totalCount > 0 else { return 0 }
        let nanoseconds =
            percent >= 100 ? self.tally.latency.max : self.tally.latency.valueAtPercentile(percent)
        return Double(nanoseconds) / 1_000_000_000
    }
}
