package import Coordination
package import Ethereum
package import RESP

/// A distribution as its record says.
package struct Distribution: Hashable, Sendable {
    package enum State: String, Hashable, Sendable, CaseIterable {
        /// It has its nonce, and no transaction yet.
        case queued
        /// Its transaction is signed and kept; a node may have it.
        case signed
        /// A node has accepted its transaction.
        case submitted
        /// Its transaction is in a block.
        case mined
        /// Its transaction is deep enough in the chain to stay.
        case confirmed
        /// Its nonce is used up, and no coin was delivered.
        case failed

        /// Whether it stays so for ever.
        package var isTerminal: Bool { self == .confirmed || self == .failed }

        /// How far it has come.
        private var rank: Int {
            switch self {
            case .queued: 0
            case .signed: 1
            case .submitted: 2
            case .mined: 3
            case .confirmed, .failed: 4
            }
        }

        /// Whether it is as far as that, or has ended.
        package func isAtLeast(_ other: State) -> Bool { self.rank >= other.rank }
    }

    package let id: String
    package let state: State
    package let address: Address
    package let amount: Wei
    package let era: Int64
    package let sender: Address
    package let nonce: UInt64
    package let created: ServerTime
    package let submitted: ServerTime?
    package let mined: ServerTime?
    package let finished: ServerTime?
    /// The newest transaction.
    package let hash: Hash32?
    /// The one that was accepted first: the answer to the request names it.
    package let firstHash: Hash32?
    /// The one that is in a block.
    package let minedHash: Hash32?
    package let block: UInt64?
    package let blockHash: Hash32?
    /// Why it failed: `reverted` or `cancelled`.
    package let reason: String
    /// All of its transactions, oldest first.
    package let hashes: [Hash32]
    /// Whether it only fills a hole in the sender's nonces.
    package let isFiller: Bool
    /// Nonces that it had before, and that somebody else's transactions have used up.
    package let lostNonces: [UInt64]
    /// Whether somebody has asked for it to be cancelled.
    package let isCancelled: Bool
    /// The obstacle that its lane found for it alone; `nil` for none, or one that the whole lane has.
    package let obstacle: Waiting?

    /// The fields of the record, in the order in which ``init(_:_:)`` reads them.
    package static let fields = [
        "state", "address", "amount", "era", "sender", "nonce", "created", "submitted", "mined", "finished", "hash",
        "first_hash", "mined_hash", "block", "block_hash", "reason", "hashes", "kind", "lost", "cancelled",
        "waiting", "waiting_detail", "waiting_since",
    ]

    /// Reads the answer of `HMGET` with ``fields``; `nil` when it is no distribution.
    package init?(_ id: String, _ values: [RESPValue]) {
        guard values.count == Self.fields.count, let state = values[0].string.flatMap(State.init(rawValue:)),
            let address = values[1].string.flatMap({ Address(hex: $0) }),
            let amount = values[2].string.flatMap({ Wei(decimal: $0) }), let era = values[3].integerValue,
            let sender = values[4].string.flatMap({ Address(hex: $0) }),
            let nonce = values[5].string.flatMap({ UInt64($0) }), let created = values[6].integerValue
        else { return nil }
        func time(_ index: Int) -> ServerTime? { values[index].integerValue.map { ServerTime(milliseconds: $0) } }
        func hash(_ index: Int) -> Hash32? { values[index].string.flatMap { Hash32(hex: $0) } }
        self.id = id
        self.state = state
        self.address = address
        self.amount = amount
        self.era = era
        self.sender = sender
        self.nonce = nonce
        self.created = ServerTime(milliseconds: created)
        self.submitted = time(7)
        self.mined = time(8)
        self.finished = time(9)
        self.hash = hash(10)
        self.firstHash = hash(11)
        self.minedHash = hash(12)
        self.block = values[13].string.flatMap { UInt64($0) }
        self.blockHash = hash(14)
        self.reason = values[15].string ?? ""
        self.hashes = (values[16].string ?? "").split(separator: " ").compactMap { Hash32(hex: $0) }
        self.isFiller = values[17].string == "filler"
        self.lostNonces = (values[18].string ?? "").split(separator: " ").compactMap { UInt64($0) }
        self.isCancelled = values[19].string == "1"
        self.obstacle = values[20].string.flatMap { Waiting.Reason(rawValue: $0) }.map { reason in
            Waiting(reason, values[21].string ?? "", since: time(22))
        }
    }
}
