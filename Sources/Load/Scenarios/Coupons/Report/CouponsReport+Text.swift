import Histogram

/// The report for people.
extension CouponsReport {
    package var text: String {
        var lines = self.opening + self.issuing + self.sending
        if let listing = self.evidence.listing {
            let before = self.evidence.before.count
            lines.append(
                "listed      \(listing.codes.count) codes by GetCampaign, \(listing.coupons.count) by ListCoupons"
                    + (before > 0 ? "; \(before) of them before the load" : "")
                    + (self.looks > 0 ? "; looked \(self.looks) times in between" : "")
            )
        }
        lines.append("")
        if self.passed {
            lines.append("PASSED: the codes handed out are exactly those listed, \(Int(self.rate))/s")
        } else {
            lines.append("FAILED")
            lines += self.complaints.map { "  \($0)" }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private var opening: [String] {
        let campaign = self.evidence.campaign
        var text = "campaign    \(campaign.id), \(campaign.quota) coupons, \(campaign.isLeased ? "leased" : "exact")"
        if campaign.userLimit > 0 { text += ", \(campaign.userLimit) for each user" }
        if self.configuration.users > 0 { text += ", \(self.configuration.users) users" }
        text += ", \(self.configuration.codec.rawValue) of \(self.configuration.service)"
        guard !self.evidence.early.isEmpty else { return [text] }
        return [
            text, "early       \(self.earlyRefused) of \(self.evidence.early.count) refused as not started",
        ]
    }

    private var issuing: [String] {
        let tally = self.tallies.issues
        var pace = " over \(self.configuration.connections) connections"
        if self.configuration.pattern == .seed {
            let lag = ReportText.percentiles(tally.lag, [("p99", 99), ("max", 100)])
            let wanted = Double(self.configuration.issues) / Double(self.configuration.seconds)
            pace = " for \(Int(wanted.rounded()))/s, behind by \(lag)"
        }
        var lines = [
            "issued      \(self.issued) of \(self.evidence.issues.count) in \(ReportText.seconds(self.elapsed)) s, "
                + "\(Int(self.rate))/s\(pace)",
            "  statuses  \(ReportText.list(tally.statuses))",
            "  latency   \(ReportText.percentiles(tally.latency))",
        ]
        if tally.repeatLatency.totalCount > 0 {
            lines.append("  of repeats \(ReportText.percentiles(tally.repeatLatency))")
        }
        if tally.refusedCount > 0 { lines.append("refused     \(ReportText.list(tally.refused))") }
        if let late = self.tallies.late {
            lines.append("late        \(late.refusedCount) of \(self.evidence.late.count) refused")
        }
        return lines
    }

    private var sending: [String] {
        let tally = self.tally
        var lines = ["requests    \(tally.attempts) over \(tally.connects) connections"]
        if self.configuration.hasRequestIDs {
            lines.append("repeats     \(tally.repeats) on purpose, \(tally.replays) answers were replays")
        }
        if tally.retryCount > 0 {
            lines.append("sent again  \(tally.retryCount) (\(ReportText.list(tally.retries)))")
        }
        if tally.connectFailures > 0 {
            lines.append("connects    \(tally.connects), failed \(tally.connectFailures)")
        }
        let why = tally.lost.isEmpty ? "" : " (\(ReportText.list(tally.lost)))"
        lines.append("doubtful    \(self.doubtful)\(why)")
        return lines
    }
}
