/// Compares what the service reports with what it acknowledged, window by window.
///
/// In a window, with `acked` distinct ids acknowledged, `first` of them as the first, `before` counted before the
/// load began, and `doubtful` ids that may have been counted without an acknowledgement, the report must be
///
/// - at least `acked`, at least `before + first`, and
/// - at most `before + |acked ∪ doubtful|`, at most `before + first + |doubtful|`.
///
/// Without doubt and with nothing before, that is one number. When others use the service too, only "at least" is left.
package struct AcceptCheck: Sendable {
    /// One window's verdict.
    package struct Row: Hashable, Sendable {
        package let start: Int64
        /// The count that the service reports; nil when it does not know the window.
        package let reported: Int?
        package let isClosed: Bool
        package let acked: Int
        /// Ids that may have been counted besides, or instead of, the acknowledged ones.
        package let doubtful: Int
        package let first: Int
        package let before: Int
        /// The bounds of a right count; nil above means no upper bound.
        package let lowest: Int
        package let highest: Int?

        package var isRight: Bool {
            guard self.reported != nil || self.lowest == 0 else { return false }
            let reported = self.reported ?? 0
            return reported >= self.lowest && reported <= (self.highest ?? Int.max)
        }
    }

    private let tally: AcceptTally
    private let windowSeconds: Int64
    private let before: [Int64: Int]
    private let isShared: Bool
    /// Acknowledged ids by window, with those whose window had to be guessed without doubt.
    private let windows: [Int64: AcceptTally.Window]
    private let doubtful: [Int64: IDSet]

    /// A check of a load, `before` being the counts that the service had before it began.
    package init(
        _ tally: AcceptTally,
        windowSeconds: Int64,
        before: [Int64: Int],
        configuration: AcceptLoadConfiguration
    ) {
        self.tally = tally
        self.windowSeconds = windowSeconds
        self.before = before
        self.isShared = configuration.isShared
        var windows = tally.windows
        var doubtful: [Int64: IDSet] = [:]
        let skew = configuration.clockSkew.nanoseconds
        let lateness = configuration.lateness.nanoseconds
        func starts(from: Int64, to: Int64) -> StrideThrough<Int64> {
            let length = windowSeconds * 1_000_000_000
            let first = Self.floor(from, length) / 1_000_000_000
            return stride(from: first, through: Self.floor(to, length) / 1_000_000_000, by: Int(windowSeconds))
        }
        for guess in tally.uncertain {
            for start in starts(from: guess.from - skew, to: guess.to + lateness + skew) {
                doubtful[start, default: IDSet()].insert(guess.id)
            }
        }
        for guess in tally.unplaced {
            let possible = Array(starts(from: guess.from - skew, to: guess.to + skew))
            for start in possible {
                if possible.count == 1 {
                    windows[start, default: AcceptTally.Window()].acked.insert(guess.id)
                    windows[start, default: AcceptTally.Window()].silent += 1
                } else {
                    doubtful[start, default: IDSet()].insert(guess.id)
                }
            }
        }
        self.windows = windows
        self.doubtful = doubtful
    }

    /// The first and last window that this load can have touched; nil when there is none.
    package var span: ClosedRange<Int64>? {
        let starts = Set(self.windows.keys).union(self.doubtful.keys)
        guard let first = starts.min(), let last = starts.max() else { return nil }
        return first...last
    }

    /// Whether every window is closed that must be.
    ///
    /// A window in which nothing was surely counted may also be missing, once it is over for `grace` seconds.
    package func isSettled(_ report: UniquesReport, now: Int64, grace: Int64) -> Bool {
        guard let span = self.span else { return true }
        let starts = stride(from: span.lowerBound, through: span.upperBound, by: Int(self.windowSeconds))
        return starts.allSatisfy { start in
            if let window = report.windows[start] { return window.isClosed }
            return self.windows[start] == nil && now > start + self.windowSeconds + grace
        }
    }

    /// One row for each window of the span.
    package func rows(_ report: UniquesReport) -> [Row] {
        guard let span = self.span else { return [] }
        var starts = Set(stride(from: span.lowerBound, through: span.upperBound, by: Int(self.windowSeconds)))
        // A window that begins where none of the service's do is wrong by itself, and must not be skipped.
        starts.formUnion(self.windows.keys)
        return starts.sorted().map { self.row($0, report.windows[$0]) }
    }

    private func row(_ start: Int64, _ reported: UniquesReport.Window?) -> Row {
        let window = self.windows[start] ?? AcceptTally.Window()
        let doubtful = self.doubtful[start] ?? IDSet()
        let before = self.before[start] ?? 0
        var possible = window.acked
        possible.formUnion(doubtful)
        var lowest = max(window.acked.count, before)
        var highest = before + possible.count
        if window.silent == 0 {
            lowest = max(lowest, before + window.first.count)
            highest = min(highest, before + window.first.count + doubtful.count)
        }
        return Row(
            start: start,
            reported: reported?.count,
            isClosed: reported?.isClosed ?? false,
            acked: window.acked.count,
            doubtful: doubtful.count,
            first: window.first.count,
            before: before,
            lowest: lowest,
            highest: self.isShared ? nil : highest
        )
    }

    /// Everything that is wrong, in words; empty when the counts are right.
    package func complaints(_ report: UniquesReport, again: UniquesReport) -> [String] {
        var complaints: [String] = []
        for row in self.rows(report) {
            let name = RFC3339.text(row.start)
            if !row.isRight {
                let range = row.highest.map { $0 == row.lowest ? "\($0)" : "\(row.lowest) to \($0)" }
                let wanted = range ?? "\(row.lowest) or more"
                let reported = row.reported.map(String.init) ?? "nothing"
                let isMore = row.reported ?? 0 > row.lowest && !self.isShared
                let hint = isMore ? " (if others use the service too, say so: --shared)" : ""
                complaints.append("window \(name): reported \(reported), not \(wanted)\(hint)")
            }
            if !row.isClosed && row.lowest > 0 { complaints.append("window \(name) was not closed in time") }
            if row.isClosed && again.windows[row.start] != report.windows[row.start] {
                complaints.append("window \(name): the report changed after the window was closed")
            }
        }
        let doubles = self.tally.windows.values.reduce(0) { $0 + $1.doubleFirsts }
        if doubles > 0 { complaints.append("\(doubles) ids were answered twice as the first of their window") }
        return complaints
    }

    private static func floor(_ value: Int64, _ step: Int64) -> Int64 {
        let remainder = value % step
        return value - (remainder < 0 ? remainder + step : remainder)
    }
}
