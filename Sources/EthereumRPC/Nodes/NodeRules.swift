package import Ethereum

/// The conditions that a node must meet to be used.
package struct NodeRules: Hashable, Sendable {
    /// The id of the chain; default any, since the accepted chain has one.
    package var chainID: UInt64?
    /// The hash of the chain's block 0; default any, so that a chain that was reset can be accepted.
    package var genesis: Hash32?
    /// Blocks that a node may be behind the best one; default 5, 0 to 1,000,000.
    package var lagLimit: UInt64 = 5
    /// How long a node is left alone after its first failure; default 0.5 s.
    ///
    /// Each further one doubles it.
    package var shortestPause = Duration.milliseconds(500)
    /// The longest that a node is left alone, whatever it asks for itself; default 15 s.
    package var longestPause = Duration.seconds(15)
    /// How long the head of a node that fell silent still counts; default 60 s.
    ///
    /// When it is over, a node that lags behind is the best there is.
    package var headMemory = Duration.seconds(60)

    package init() {}

    func permits(_ chain: ChainIdentity) -> Bool {
        (self.chainID ?? chain.id) == chain.id && (self.genesis ?? chain.genesis) == chain.genesis
    }
}
