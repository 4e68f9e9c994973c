/// Whether one thing that the process needs is there.
package enum Readiness: Hashable, Sendable {
    case ready
    /// Works, but not as it should; said in `/readyz?verbose` and nowhere else.
    case degraded(String)
    case notReady(String)
}

/// A named question that `/readyz` asks each time; it must answer at once and from memory.
package struct ReadinessCheck: Sendable {
    package let name: String
    package let check: @Sendable () -> Readiness

    package init(_ name: String, _ check: @escaping @Sendable () -> Readiness) {
        self.name = name
        self.check = check
    }
}

extension ReadinessCheck {
    /// The check's result now, as values for `/metrics`: `tally_check_ready` and `tally_check_degraded`.
    package var values: (ready: Double, degraded: Double) {
        switch self.check() {
        case .ready: (1, 0)
        case .degraded: (1, 1)
        case .notReady: (0, 0)
        }
    }
}

/// All checks of a process, and what they add up to.
package struct ReadinessReport: Hashable, Sendable {
    package let isReady: Bool
    /// One line a check, as Kubernetes' own components print them.
    package let text: String

    package init(_ checks: [ReadinessCheck]) {
        var isReady = true
        var lines: [String] = []
        for check in checks {
            switch check.check() {
            case .ready: lines.append("[+]\(check.name) ok")
            case .degraded(let reason): lines.append("[+]\(check.name) degraded: \(reason)")
            case .notReady(let reason):
                isReady = false
                lines.append("[-]\(check.name) failed: \(reason)")
            }
        }
        lines.append("readyz check \(isReady ? "passed" : "failed")")
        self.isReady = isReady
        self.text = lines.joined(separator: "\n") + "\n"
    }
}
