import Coordination
import Ethereum

/// A key of the faucet, as it was found.
enum FaucetAuditKey: Hashable, Sendable {
    /// A distribution's record; its id follows.
    case distribution(String)
    /// Something of a lane: nonces, open ones, bound ones, cancels or what it last saw.
    case lane(LaneName)
    /// Some other key of the faucet.
    case other
    /// Nothing that the faucet would write.
    case unknown(String)

    /// What `SCAN` is asked for.
    static let pattern = "\(FaucetKeys.era.prefix { $0 != "}" })}:*"

    init(_ name: String) {
        let parts = name.split(separator: ":", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 3 else {
            self = .unknown(name)
            return
        }
        let rest = parts.count == 4 ? parts[3] : ""
        switch parts[2] {
        case "distribution" where OperationID.isValid(rest): self = .distribution(rest)
        case "nonce", "lane", "open", "bound", "cancels":
            self = LaneName(rest).map { .lane($0) } ?? .unknown(name)
        case "distributions", "cooldown", "lease", "lease_token":
            self = Address(hex: rest) == nil ? .unknown(name) : .other
        case "idempotency": self = rest.isEmpty ? .unknown(name) : .other
        case "era", "senders", "wakes", "events", "day", "chain_trouble": self = rest.isEmpty ? .other : .unknown(name)
        default: self = .unknown(name)
        }
    }
}

extension LaneName {
    /// Reads ``text``; `nil` for anything else.
    init?(_ text: some StringProtocol) {
        let words = text.split(separator: ":", omittingEmptySubsequences: false)
        guard words.count == 2, let era = Int64(words[0]), let sender = Address(hex: words[1]) else { return nil }
        self.init(era: era, sender: sender)
        guard self.text == text else { return nil }
    }
}
