package import Ethereum

/// Which chain it is: chains that split share a genesis, and development chains share an id.
package struct ChainIdentity: Hashable, Sendable {
    package let id: UInt64
    /// The hash of block 0.
    package let genesis: Hash32

    package init(id: UInt64, genesis: Hash32) {
        self.id = id
        self.genesis = genesis
    }
}
