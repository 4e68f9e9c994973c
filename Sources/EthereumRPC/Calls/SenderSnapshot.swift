package import Ethereum

/// One node's view of a sender and of its chain, in one answer.
///
/// The head was read first, so nonce and balance may be of a block that came right after it.
package struct SenderSnapshot: Hashable, Sendable {
    package let head: ChainBlock
    /// The next nonce, counting mined transactions only.
    package let nonce: UInt64
    /// The next nonce that the node would take for its pool: a nonce that it has lost is at or above it.
    package let pendingNonce: UInt64
    package let balance: Wei
    /// The node's suggested price of a unit of gas; `nil` when it does not tell.
    package let gasPrice: Wei?
    /// The tip that the node would give; `nil` when it does not tell, or was not asked.
    package let priorityFee: Wei?
}
