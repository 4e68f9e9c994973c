/// How far a load is.
package struct LoadProgress: Hashable, Sendable {
    package enum Phase: Hashable, Sendable {
        case sending
        /// Waits for the service to close the windows; seconds until it gives up.
        case waiting(secondsLeft: Int)
    }

    package var phase: Phase
    package var done: Int
    package var total: Int
    package var failed: Int
    package var unknown: Int
    package var repeated: Int
    /// Since the load began.
    package var elapsed: Duration

    package init(
        phase: Phase,
        done: Int,
        total: Int,
        failed: Int,
        unknown: Int,
        repeated: Int,
        elapsed: Duration
    ) {
        self.phase = phase
        self.done = done
        self.total = total
        self.failed = failed
        self.unknown = unknown
        self.repeated = repeated
        self.elapsed = elapsed
    }
}

/// Draws a load's progress: a bar on a terminal, and elsewhere a line every five seconds.
package struct ProgressBar: Sendable {
    private let isTerminal: Bool
    private let width: Int
    private var lastLine: Duration?
    private var hasDrawn = false

    /// `width` is that of the bar, in characters.
    package init(isTerminal: Bool, width: Int = 30) {
        self.isTerminal = isTerminal
        self.width = max(width, 1)
    }

    /// The text to print now, as it is, without a newline added; nil when it is too early.
    package mutating func text(for progress: LoadProgress) -> String? {
        let line = self.line(for: progress)
        if self.isTerminal {
            self.hasDrawn = true
            // Back to the start of the line, and clear what is right of it.
            return "\r\(line)\u{1B}[K"
        }
        if let last = self.lastLine, progress.elapsed - last < .seconds(5) { return nil }
        self.lastLine = progress.elapsed
        return line + "\n"
    }

    /// The text to print at the end, so that the next text starts a line.
    package mutating func end() -> String {
        defer { self.hasDrawn = false }

        return self.hasDrawn ? "\r\u{1B}[K" : ""
    }

    private func line(for progress: LoadProgress) -> String {
        if case .waiting(let seconds) = progress.phase {
            return "Waiting for the service to close the windows (\(seconds) s at most)"
        }
        let share = progress.total > 0 ? min(Double(progress.done) / Double(progress.total), 1) : 1
        let filled = Int(share * Double(self.width))
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: self.width - filled)
        let seconds = Double(progress.elapsed.nanoseconds) / 1_000_000_000
        let rate = seconds > 0 ? Int(Double(progress.done) / seconds) : 0
        var line = "[\(bar)] \(Int(share * 100)) %  \(progress.done)/\(progress.total)  \(rate)/s"
        if progress.failed > 0 { line += "  failed \(progress.failed)" }
        if progress.unknown > 0 { line += "  unknown \(progress.unknown)" }
        if progress.repeated > 0 { line += "  repeated \(progress.repeated)" }
        return line
    }
}
