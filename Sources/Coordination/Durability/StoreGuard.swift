package import Logging
import RESP
package import Redis
import ServiceLifecycle
import Synchronization
import Timing

/// Whether Redis is set up to keep what it is told, as money needs it.
///
/// Asks Redis at start and every second, because a restart may change it: `INFO` for all that it tells, and
/// `CONFIG GET` for how often it flushes, unless somebody vouches for that: that command shows passwords, too.
package final class StoreGuard: Service, Sendable {
    package enum Verdict: Hashable, Sendable {
        /// Redis was not asked yet, or has not answered.
        case unknown
        /// The promise holds; `replicas` are connected.
        case kept(replicas: Int)
        /// Why it does not, for people.
        case broken([String], replicas: Int)
    }

    private let redis: any RedisClient
    /// `always` or `everysec`, where `CONFIG GET` is not to be asked.
    private let vouchedFlush: String?
    private let interval: Duration
    private let logger: Logger
    private let state = Mutex(State())

    private struct State {
        var verdict = Verdict.unknown
        var keepsJournal = false
        /// The history of changes that the primary goes on with: another one after each failover.
        var history: String?
        /// The time at which the history was another one, there was no primary, or neither could be learnt.
        var unsettled: LoopClock.Instant?
    }

    /// How long after a change of primary what is missing is put down to it.
    private static let settling = Duration.seconds(30)

    package init(
        redis: any RedisClient,
        vouchedFlush: String? = nil,
        interval: Duration = .seconds(1),
        logger: Logger
    ) {
        self.redis = redis
        self.vouchedFlush = vouchedFlush
        self.interval = interval
        self.logger = logger
    }

    package var verdict: Verdict { self.state.withLock(\.verdict) }

    /// Whether Redis writes what it acknowledges to an append-only file: it is a primary, with `always` or `everysec`,
    /// and evicts nothing.
    ///
    /// With `everysec` the death of its machine, and that of its process while the disk is slow, may lose the last
    /// seconds (`docs/guarantees.md`).
    package var keepsJournal: Bool { self.state.withLock(\.keepsJournal) }

    /// Whether what is found in Redis was found in the same primary's history as what was found a moment ago.
    ///
    /// `false` for 30 s after a change of primary: a failover may take back what was not replicated, so that what one
    /// answer named is not there for the next. One round trip, for a change may be a moment old.
    package func isSettled() async -> Bool {
        await self.check()
        return self.state.withLock { state in
            guard let unsettled = state.unsettled else { return state.verdict != .unknown }
            return unsettled.duration(to: LoopClock().now) > Self.settling
        }
    }

    /// Keeps asking until graceful shutdown or cancellation.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let isKnown = await self.check()
                try? await Task.sleep(for: isKnown ? self.interval : .milliseconds(100), clock: .loop)
            }
        }
    }

    /// Asks once; a failure leaves what is known as it is.
    ///
    /// One round trip.
    @discardableResult
    package func check() async -> Bool {
        var commands = [RedisCommand("INFO", "replication", "persistence", "memory")]
        if self.vouchedFlush == nil {
            commands.append(RedisCommand("CONFIG", "GET", "appendfsync", "no-appendfsync-on-rewrite"))
        }
        let replies = await self.redis.send(commands, within: .seconds(1))
        var info = ""
        var settings: [String: String]? = [:]
        for reply in replies {
            switch reply {
            case .success(let reply):
                if let text = reply.string { info = text }
                let words = (reply.array ?? []).map { $0.string ?? "" }
                for index in stride(from: 0, to: words.count - 1, by: 2) { settings?[words[index]] = words[index + 1] }
            case .failure(.refused): settings = nil
            case .failure(.notSent), .failure(.outcomeUnknown):
                return self.state.withLock { state in
                    if state.verdict != .unknown { state.unsettled = LoopClock().now }
                    return state.verdict != .unknown
                }
            }
        }
        settings?.merge(self.told(info)) { $1 }
        let verdict = Self.judge(settings: settings, info: info)
        let keepsJournal = Self.keepsJournal(settings: settings, info: info)
        let history = Self.history(info)
        let before = self.state.withLock { state in
            defer {
                if history == nil || (state.history ?? history) != history { state.unsettled = LoopClock().now }
                (state.verdict, state.keepsJournal, state.history) = (verdict, keepsJournal, history ?? state.history)
            }
            return state.verdict
        }
        if verdict != before { self.tell(verdict) }
        return true
    }

    /// The id of a primary's history in its `INFO replication`; `nil` for a replica's, or one that is not told.
    package static func history(_ info: String) -> String? {
        let lines = info.split(whereSeparator: \.isNewline)
        guard lines.contains("role:master") else { return nil }
        return lines.first { $0.hasPrefix("master_replid:") }.map { String($0.dropFirst("master_replid:".count)) }
    }

    /// The settings that `INFO` tells, and those that somebody vouches for.
    private func told(_ info: String) -> [String: String] {
        var settings: [String: String] = [:]
        for line in info.split(whereSeparator: \.isNewline) {
            if line.hasPrefix("aof_enabled:") { settings["appendonly"] = line.hasSuffix(":1") ? "yes" : "no" }
            if line.hasPrefix("maxmemory_policy:") { settings["maxmemory-policy"] = String(line.dropFirst(17)) }
        }
        if let vouchedFlush {
            settings["appendfsync"] = vouchedFlush
            settings["no-appendfsync-on-rewrite"] = "no"
        }
        return settings
    }

    private func tell(_ verdict: Verdict) {
        guard case .broken(let reasons, _) = verdict else { return }
        self.logger.error(
            "Redis is not set up to keep money",
            metadata: ["reasons": "\(reasons.joined(separator: "; "))"]
        )
    }

    private static let wanted = [
        ("appendonly", "yes"), ("appendfsync", "always"), ("no-appendfsync-on-rewrite", "no"),
        ("maxmemory-policy", "noeviction"),
    ]

    /// Judges the same replies for ``keepsJournal``.
    package static func keepsJournal(settings: [String: String]?, info: String) -> Bool {
        guard let settings, settings["appendonly"] == "yes", settings["maxmemory-policy"] == "noeviction",
            let flush = settings["appendfsync"], flush == "always" || flush == "everysec"
        else { return false }
        return !info.split(whereSeparator: \.isNewline).contains("role:slave")
    }

    /// Judges the settings that Redis names (`nil` when it refuses to) and its `INFO replication`.
    package static func judge(settings: [String: String]?, info: String) -> Verdict {
        var fields: [Substring: Substring] = [:]
        for line in info.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { fields[parts[0]] = parts[1] }
        }
        let replicas = fields["connected_slaves"].flatMap { Int($0) } ?? 0
        var reasons: [String] = []
        if let settings {
            for (name, wanted) in Self.wanted where settings[name] != wanted {
                reasons.append("\(name) is \(settings[name] ?? "unknown") and should be \(wanted)")
            }
        } else {
            reasons.append("Redis does not let its settings be read (CONFIG GET)")
        }
        if let role = fields["role"], role != "master" { reasons.append("this Redis is a replica") }
        return reasons.isEmpty ? .kept(replicas: replicas) : .broken(reasons, replicas: replicas)
    }
}
