package import Ethereum
package import EthereumRPC

/// A search for who has used nonces, backwards block by block, for nodes that keep no old state: plain values.
///
/// A sender's transactions stand in blocks in order of their nonces, so that one walk finds those of all.
package struct NonceWalk: Sendable {
    /// The block in which a nonce was used up, and the transaction; without one, something else in the block did it.
    package struct Use: Sendable {
        package let block: UInt64
        package let transaction: ChainTransaction?
    }

    package enum Outcome: Sendable {
        case found(Use)
        /// It goes on at the next look.
        case searching(String)
        /// Nothing more can be found out.
        case unknown(String)
    }

    /// Blocks that are asked for at once.
    private static let batchLimit = 16
    /// How much earlier than the record, in seconds, a nonce may have been used: its sender's lane may not have looked
    /// for so long, and clocks differ.
    private static let margin: UInt64 = 86_400

    package private(set) var uses: [UInt64: Use] = [:]
    /// The last words to the log about items, by nonce.
    package var told: [UInt64: String] = [:]
    /// The block from which it goes on downwards; `nil` when there is none left.
    private var cursor: UInt64?
    /// The highest block from which on downwards all have been seen, down to the cursor.
    private var first: UInt64?
    /// The range of blocks that have come on top since: read first, down to ``first``.
    private var top: (cursor: UInt64, first: UInt64)?
    private var count = NonceWalk.batchLimit
    /// When the earliest block was made that was seen, in seconds since 1970.
    private var earliest: UInt64?
    /// The lowest nonce of the sender that was seen, and where.
    private var lowest: (nonce: UInt64, block: UInt64)?

    package init() {}

    package var isBegun: Bool { self.first != nil }

    /// Begins at a block, or goes on with those that have come since.
    package mutating func begin(at block: UInt64) {
        guard let first = self.first else {
            self.first = block
            self.cursor = block
            return
        }
        if self.top == nil, block > first { self.top = (block, block) }
    }

    /// The next blocks to ask for, the highest first.
    package var numbers: [UInt64] {
        guard let cursor = self.top?.cursor ?? self.cursor else { return [] }
        let below = self.top == nil ? 0 : (self.first ?? 0) + 1
        return (0..<min(UInt64(self.count), cursor - below + 1)).map { cursor - $0 }
    }

    /// Fewer blocks at once; `false` when there are no fewer.
    package mutating func shrink() -> Bool {
        guard self.count > 1 else { return false }
        self.count /= 2
        return true
    }

    /// Blocks as they were asked for; `false` when the first of them was not told.
    package mutating func saw(_ blocks: [ChainBlock?], of sender: Address) -> Bool {
        var isFirst = true
        for block in blocks {
            guard let block else { return !isFirst }
            isFirst = false
            self.passed(block)
            for transaction in block.transactions where transaction.sender == sender {
                self.uses[transaction.nonce] = Use(block: block.number, transaction: transaction)
                if transaction.nonce < self.lowest?.nonce ?? .max { self.lowest = (transaction.nonce, block.number) }
            }
        }
        return true
    }

    private mutating func passed(_ block: ChainBlock) {
        guard let top = self.top else {
            self.cursor = block.number == 0 ? nil : block.number - 1
            self.earliest = block.timestamp
            return
        }
        let isDone = block.number <= (self.first ?? 0) + 1
        self.top = isDone ? nil : (block.number - 1, top.first)
        if isDone { self.first = top.first }
    }

    /// The outcome for an item's nonce; `nil` when the search has to go on.
    package func outcome(for item: LaneItem) -> Outcome? {
        if let use = self.uses[item.nonce] { return .found(use) }
        guard self.top == nil else { return nil }
        let first = self.first ?? 0
        if let lowest = self.lowest, lowest.nonce < item.nonce {
            return .unknown("blocks \(lowest.block) to \(first) have no transaction with it")
        }
        let isBefore = self.earliest.map { $0 + Self.margin < UInt64(max(0, item.created / 1000)) } ?? false
        guard self.cursor == nil || isBefore else { return nil }
        return .unknown("blocks \(self.cursor.map { $0 + 1 } ?? 0) to \(first) have no transaction with it")
    }
}
