import Coordination
import Ethereum
import EthereumRPC
import Redis

/// The status for people.
extension FaucetStatus {
    package var text: String {
        let trouble = self.chainTrouble.map { "nodes      \($0)" }
        guard let era else {
            let lines = ["era        none: no lane has seen a chain yet", trouble]
            return lines.compactMap(\.self).joined(separator: "\n")
        }
        var lines = [
            "era        \(era.number), chain \(era.chain.id), genesis \(era.chain.genesis)",
            "today      \(self.today)",
        ]
        if let trouble { lines.append(trouble) }
        for lane in self.lanes { lines += [""] + self.lines(lane) }
        if self.lanes.isEmpty { lines.append("senders    none") }
        return lines.joined(separator: "\n")
    }

    private func lines(_ lane: Lane) -> [String] {
        let number = { (value: UInt64?) in value.map { String($0) } ?? "?" }
        var lines = [
            "sender     \(lane.sender)\(lane.isPaused ? "  PAUSED" : "")",
            "balance    \(lane.balance?.coins ?? "?") coins, \(lane.balance?.decimal ?? "?") wei, for "
                + "\(number(lane.left)) more",
            "nonces     chain \(number(lane.chainNonce)), next \(number(lane.counter)), drift "
                + (lane.drift.map { String($0) } ?? "?"),
            "open       \(lane.open)" + (lane.oldest.map { ", the first from \(Self.seconds($0)) s ago" } ?? ""),
            "seen       " + self.ago(lane.seen) + ", at block \(number(lane.head)), the newest since "
                + "\(lane.headSince?.rfc3339 ?? "?"), gas \(lane.fee)",
        ]
        if let holder = lane.holder {
            let owner = LoggedText.printable(holder.owner, limit: 100)
            lines.append("held by    \(owner), for \(Self.seconds(holder.left)) s more")
        } else {
            lines.append("held by    nobody")
        }
        if let waiting = lane.waiting {
            let since = waiting.since.map { ", since \($0.rfc3339)" } ?? ""
            let detail = waiting.detail.isEmpty ? "" : ": \(LoggedText.printable(waiting.detail, limit: 300))"
            lines.append("waits for  \(waiting.reason.rawValue)\(detail)\(since)")
            if !waiting.said.isEmpty { lines.append("node says  \(LoggedText.printable(waiting.said, limit: 400))") }
        }
        return lines
    }

    private func ago(_ time: ServerTime?) -> String {
        guard let time else { return "never" }
        return Self.seconds(.milliseconds(max(0, self.time.milliseconds - time.milliseconds))) + " s ago"
    }

    /// One place behind the point.
    static func seconds(_ duration: Duration) -> String {
        let tenths = Int((duration / .milliseconds(100)).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
