import Coordination
package import Ethereum
package import RESP
package import Timing

/// One distribution that is not over, as its lane has it.
package struct LaneItem: Hashable, Sendable {
    package let id: String
    package let nonce: UInt64
    package let address: Address
    package let amount: Wei
    package var state: Distribution.State
    /// The newest signed bytes, `0x…`; empty before there are any.
    package var raw: String
    /// All of its transactions, oldest first: any of them may be mined.
    package var hashes: [Hash32]
    /// The hashes of its transactions that move nothing.
    package var noops: [Hash32]
    package var fee: Fee?
    package var isCancelled: Bool
    package var block: UInt64?
    package var blockHash: Hash32?
    package var minedHash: Hash32?
    /// When it was asked for, by Redis's clock, in milliseconds since 1970.
    package let created: Int64
    /// How it had ended before the chain lost its transaction, and why, as `confirmed` or `failed reverted`; empty for
    /// all others.
    package let again: String

    /// When a node first said that it has it, in this lane's life.
    package var firstSent: LoopClock.Instant?
    /// When a node last said so.
    package var lastSent: LoopClock.Instant?
    /// Looks at the chain that showed its nonce used up and none of its transactions mined.
    package var misses = 0
    /// Whether the node was found not to have it although it stood next there.
    package var wasLost = false

    package static let fields = [
        "state", "nonce", "address", "amount", "raw", "hashes", "noops", "fee", "cancelled", "block", "block_hash",
        "mined_hash", "created", "again",
    ]

    /// Reads an id and ``fields``; `nil` when it is no distribution.
    package init?(_ values: [RESPValue]) {
        let words = values.map { $0.string ?? "" }
        guard words.count == Self.fields.count + 1, OperationID.isValid(words[0]),
            let state = Distribution.State(rawValue: words[1]), let nonce = UInt64(words[2]),
            let address = Address(hex: words[3]), let amount = Wei(decimal: words[4])
        else { return nil }
        self.id = words[0]
        self.state = state
        self.nonce = nonce
        self.address = address
        self.amount = amount
        self.raw = words[5]
        self.hashes = Self.hashes(words[6])
        self.noops = Self.hashes(words[7])
        self.fee = Fee(text: words[8])
        self.isCancelled = words[9] == "1"
        self.block = UInt64(words[10])
        self.blockHash = Hash32(hex: words[11])
        self.minedHash = Hash32(hex: words[12])
        self.created = Int64(words[13]) ?? 0
        self.again = words[14]
    }

    private static func hashes(_ text: String) -> [Hash32] {
        text.split(separator: " ").compactMap { Hash32(hex: $0) }
    }

    /// Whether it only fills a hole in the sender's nonces.
    var isFiller: Bool { self.id.hasPrefix("ZZ") }

    /// Whether it had ended, and is sent again because the chain has lost it.
    package var isReplay: Bool { !self.again.isEmpty }

    /// The newest of its transactions.
    package var hash: Hash32? { self.hashes.last }

    /// Whether its newest transaction is what is wanted of it.
    var isAsWanted: Bool { !self.isCancelled || self.hash.map(self.noops.contains) ?? false }
}
