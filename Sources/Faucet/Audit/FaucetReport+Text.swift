import Ethereum

/// The report for people.
extension FaucetReport {
    package var text: String {
        var lines = [
            "era        " + (self.era.map { String($0) } ?? "none"), "records    \(self.distributions)",
        ]
        for state in Distribution.State.allCases {
            guard let count = self.states[state] else { continue }
            lines.append("           \(count) \(state.rawValue)")
        }
        if let oldest = self.oldest {
            lines.append("unfinished \(self.unfinished), the oldest from \(FaucetStatus.seconds(oldest)) s ago")
        }
        if self.fillers > 0 { lines.append("fillers    \(self.fillers)") }
        if self.earlier > 0 { lines.append("earlier    \(self.earlier) of earlier eras, not compared with a chain") }
        if self.expired > 0 { lines.append("expired    \(self.expired)") }
        lines.append("delivered  \(self.delivered), \(self.deliveredWei.coins) coins; fees \(self.feesWei.coins) coins")
        for sender in self.senders { lines += Self.lines(sender) }
        lines.append("took       \(FaucetStatus.seconds(self.elapsed)) s")
        lines.append("")
        lines += self.undecided.map { "UNDECIDED  \($0.key): \($0.reason)" }
        lines += self.violations.first.map {
            "VIOLATION  \($0.kind.rawValue) in \($0.key): expected \($0.expected), found \($0.found)"
        }
        let untold = self.violations.total - self.violations.first.count
        if untold > 0 { lines.append("           and \(untold) more") }
        lines.append(self.conclusion)
        return lines.joined(separator: "\n")
    }

    private static func lines(_ sender: Sender) -> [String] {
        var lines = [
            "sender     \(sender.address): \(sender.delivered) delivered, \(sender.deliveredWei.coins) coins; fees "
                + "\(sender.feesWei.coins); \(sender.open) open; balance \(sender.balance.coins)",
            "           nonces: chain \(sender.chainNonce), next "
                + (sender.counter.map { String($0) } ?? "none"),
        ]
        if sender.usedBefore > 0 {
            lines.append("           \(sender.usedBefore) nonces used before the first record: not looked at")
        }
        switch sender.proof {
        case .proven(let received) where received.isZero: lines.append("           balance proven")
        case .proven(let received): lines.append("           balance proven, \(received.coins) coins came in")
        case .violated: lines.append("           balance violated")
        case .skipped(let reason): lines.append("           balance not compared: \(reason)")
        }
        return lines
    }

    private var conclusion: String {
        if self.violations.total > 0 {
            let counts = self.violations.counts.map { "\($0.key.rawValue): \($0.value)" }.sorted()
            return "VIOLATED: \(self.violations.total) (\(counts.joined(separator: ", ")))"
        }
        guard self.undecided.isEmpty else { return "UNDECIDED: no violation found, but not all could be told" }
        return "CLEAN: every distribution delivered its coin once or not at all, and nothing else left the senders"
    }
}
