package import Coordination
import Ethereum

/// Why something waits: a word of a closed list, since when, and more for people.
package struct Waiting: Hashable, Sendable {
    /// The reason of the wait; docs/operations.md says for each what to do.
    package enum Reason: String, Hashable, Sendable, CaseIterable {
        // Of no lane.
        case noWorker = "no-worker"
        case otherEra = "other-era"
        case paused
        // Of a lane: its node.
        case nodeUnreachable = "node-unreachable"
        case nodeOutcomeUnknown = "node-outcome-unknown"
        case nodeRateLimited = "node-rate-limited"
        case nodeRefuses = "node-refuses"
        // Of a lane: its node's refusals of transactions.
        case nonceTooHigh = "nonce-too-high"
        case feeTooLow = "fee-too-low"
        case feeCapExceeded = "fee-cap-exceeded"
        case insufficientFunds = "insufficient-funds"
        case gasTooLow = "gas-too-low"
        case wrongChain = "wrong-chain"
        case notAuthorised = "not-authorised"
        case poolFull = "pool-full"
        case rejected
        case noPrice = "no-price"
        // Of a lane: Redis and its chain.
        case storeUnsafe = "store-unsafe"
        case carryingOver = "carrying-over"
        case replaying
        case nonceMissing = "nonce-missing"
        case noBlock = "no-block"
        case notMined = "not-mined"
        // Of one distribution.
        case nonceUsed = "nonce-used"
        case inLine = "in-line"
        case inPool = "in-pool"
        case confirmations

        /// Whether it only keeps a lane from sending: transactions that a node has already do not wait for it.
        var isOfSending: Bool {
            switch self {
            case .paused, .nodeOutcomeUnknown, .nonceTooHigh, .feeTooLow, .feeCapExceeded, .insufficientFunds,
                .gasTooLow, .wrongChain, .notAuthorised, .poolFull, .rejected, .noPrice, .storeUnsafe:
                true
            case .noWorker, .otherEra, .nodeUnreachable, .nodeRateLimited, .nodeRefuses, .carryingOver, .replaying,
                .nonceMissing, .noBlock, .notMined, .nonceUsed, .inLine, .inPool, .confirmations:
                false
            }
        }
    }

    package let reason: Reason
    /// More for people; often empty.
    package var detail = ""
    /// The node's words, for operators only: a gateway's words may have an account in them.
    package var said = ""
    package var since: ServerTime?

    package init(_ reason: Reason, _ detail: String = "", said: String = "", since: ServerTime? = nil) {
        self.reason = reason
        self.detail = detail
        self.said = said
        self.since = since
    }
}

/// The state of a lane, as its hash has it: paused, last seen, and why it waits.
struct LaneSight: Hashable, Sendable {
    static let fields = ["paused", "seen_ms", "reason", "detail", "reason_ms", "head_ms", "said"]
    /// A lane that has not been seen for so long has no worker.
    private static let silence = Duration.seconds(10)

    let isPaused: Bool
    let seen: ServerTime?
    let waiting: Waiting?

    /// Reads ``fields``.
    init(_ texts: [String?]) {
        func time(_ text: String?) -> ServerTime? {
            text.flatMap { Int64($0) }.map { ServerTime(milliseconds: $0) }
        }
        let words = texts.count == Self.fields.count ? texts : Self.fields.map { _ in nil }
        self.isPaused = words[0] != nil
        self.seen = time(words[1])
        self.waiting = words[2].flatMap { Waiting.Reason(rawValue: $0) }.map { reason in
            Waiting(
                reason,
                words[3] ?? "",
                said: words[6] ?? "",
                since: time(reason == .noBlock ? words[5] : words[4])
            )
        }
    }

    /// Why the whole lane waits, at that time; `nil` when nothing is in its way.
    func waiting(at now: ServerTime) -> Waiting? {
        guard let seen = self.seen else { return Waiting(.noWorker) }
        let isSilent = Duration.milliseconds(now.milliseconds - seen.milliseconds) > Self.silence
        if isSilent { return Waiting(.noWorker, "no worker has its lane", since: seen) }
        return self.isPaused ? Waiting(.paused) : self.waiting
    }
}

extension Distribution {
    /// Why it is not over; `nil` when it is.
    func waiting(for lane: LaneSight, era: Int64?, at now: ServerTime) -> Waiting? {
        guard !self.state.isTerminal else { return nil }
        guard self.era == era else {
            return Waiting(.otherEra, "the lane of the era that is takes it over", since: self.created)
        }
        let isSent = self.state == .submitted || self.state == .mined
        if let waiting = lane.waiting(at: now), !isSent || !waiting.reason.isOfSending {
            // A lane tells a used nonce of its first item only.
            if waiting.reason != .nonceUsed { return waiting }
        }
        if let obstacle = self.obstacle { return obstacle }
        return switch self.state {
        case .queued, .signed: Waiting(.inLine, "its nonce's turn comes", since: self.created)
        case .submitted: Waiting(.inPool, "a node has it, for the next block", since: self.submitted)
        case .mined: Waiting(.confirmations, "blocks on top of its own", since: self.mined)
        case .confirmed, .failed: nil
        }
    }
}
