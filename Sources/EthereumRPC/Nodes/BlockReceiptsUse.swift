/// Whether a node is asked for all receipts of a block at once: found out by asking it once.
///
/// One answer for a block costs a node a tenth of as many answers for transactions, unless most of the block is
/// somebody else's.
package struct BlockReceiptsUse: Hashable, Sendable {
    /// `nil` before it was asked.
    private var isKnown: Bool?
    /// Questions that go by before blocks that were mostly others' are tried again.
    private var pause = 0
    private static let strangersLimit = 8
    private static let pauseLength = 64
    /// Blocks in one question.
    package static let blockLimit = 256

    package init() {}

    /// Whether so many receipts, of so many blocks, are rather asked for by block.
    package mutating func isWanted(receipts: Int, blocks: Int) -> Bool {
        guard self.isKnown != false, (1...Self.blockLimit).contains(blocks), receipts >= 2 * blocks else {
            return false
        }
        guard self.pause == 0 else {
            self.pause -= 1
            return false
        }
        return true
    }

    /// The node told `receipts` of blocks, `ours` of which were wanted.
    package mutating func told(receipts: Int, ours: Int) {
        self.isKnown = true
        if receipts > Self.strangersLimit * max(1, ours) { self.pause = Self.pauseLength }
    }

    /// The node has no such method.
    package mutating func lacks() { self.isKnown = false }
}
