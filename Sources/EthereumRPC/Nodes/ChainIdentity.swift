package import Ethereum

/// The identity of a chain, by both of its marks: chains that split share a genesis, and development chains share an
/// id.
package struct ChainIdentity: Hashable, Sendable {
    package let id: UInt64
    /// The hash of block 0.
    package let genesis: Hash32

    package init(id: UInt64, genesis: Hash32) {
        self.id = id
        self.genesis = genesis
    }
}
