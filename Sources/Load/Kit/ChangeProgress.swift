/// How far a load of changes is.
package struct ChangeProgress: Hashable, Sendable {
    package enum Phase: Hashable, Sendable {
        case sending
        /// Compares accounts or coins; what is done and in total are users, or distributions.
        case checking
        /// Gives accounts their balance.
        case seeding
        case paying
        /// Waits for payments or distributions to come to their end.
        case settling
        case distributing
        /// Waits for a campaign to start; what is done and in total are milliseconds.
        case waiting
        case issuing

        fileprivate var name: String {
            switch self {
            case .sending: "adds"
            case .checking: "check"
            case .seeding: "seed"
            case .paying: "payments"
            case .settling: "settle"
            case .distributing: "coins"
            case .waiting: "start"
            case .issuing: "coupons"
            }
        }
    }

    package var phase: Phase
    package var done: Int
    package var total: Int
    package var failed = 0
    package var retries = 0
    /// Since the phase began.
    package var elapsed: Duration

    package init(phase: Phase, done: Int, total: Int, failed: Int = 0, retries: Int = 0, elapsed: Duration) {
        self.phase = phase
        self.done = done
        self.total = total
        self.failed = failed
        self.retries = retries
        self.elapsed = elapsed
    }
}

/// Draws a load's progress: a bar once a second on a terminal, and elsewhere a line every five seconds.
package struct ChangeProgressBar: Sendable {
    private let isTerminal: Bool
    private let width: Int
    private var last: ChangeProgress?

    /// `width` is that of the bar, in characters.
    package init(isTerminal: Bool, width: Int = 30) {
        self.isTerminal = isTerminal
        self.width = max(width, 1)
    }

    /// The text to print now, as it is, without a newline added; nil when it is too early.
    package mutating func text(for progress: ChangeProgress) -> String? {
        let interval: Duration = self.isTerminal ? .seconds(1) : .seconds(5)
        if let last = self.last, last.phase == progress.phase, progress.elapsed - last.elapsed < interval { return nil }
        self.last = progress
        // Back to the start of the line, and clear what is right of it.
        return self.isTerminal ? "\r\(self.line(for: progress))\u{1B}[K" : self.line(for: progress) + "\n"
    }

    /// The text to print at the end, so that the next text starts a line.
    package mutating func end() -> String {
        defer { self.last = nil }

        return self.isTerminal && self.last != nil ? "\r\u{1B}[K" : ""
    }

    private func line(for progress: ChangeProgress) -> String {
        let share = progress.total > 0 ? min(Double(progress.done) / Double(progress.total), 1) : 1
        let filled = Int(share * Double(self.width))
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: self.width - filled)
        let seconds = Double(progress.elapsed.nanoseconds) / 1_000_000_000
        let rate = seconds > 0 ? Int(Double(progress.done) / seconds) : 0
        var line = "\(progress.phase.name) [\(bar)] \(Int(share * 100)) %  \(progress.done)/\(progress.total)"
        // Most payments end while others are still sent, and time has no rate.
        if progress.phase != .settling && progress.phase != .waiting { line += "  \(rate)/s" }
        if progress.failed > 0 { line += "  failed \(progress.failed)" }
        if progress.retries > 0 { line += "  sent again \(progress.retries)" }
        return line
    }
}
