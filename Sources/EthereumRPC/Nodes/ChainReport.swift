/// The view that all nodes together give of the chain.
package struct ChainReport: Hashable, Sendable {
    package let verdict: ChainVerdict
    /// One for each node, in the order of the settings.
    package let nodes: [NodeHealth]
    /// The node that calls go to now.
    package let current: Int?
}

package enum ChainVerdict: Hashable, Sendable {
    /// No node answers.
    case unreachable
    /// All nodes that answer are of another chain than the settings name: a mistake in the settings, not in the chain.
    case misplaced
    /// A node that answers is of the accepted chain. A node that is not is a mistake in the settings.
    case accepted
    /// All nodes that answer are of this one chain, and it is not the accepted one: the chain was reset, or this is
    /// the first look at it.
    ///
    /// `silent` nodes do not answer, and could be of the accepted chain still.
    case changed(to: ChainIdentity, silent: Int)
    /// None that answers is of the accepted chain, and they are not of one chain either.
    case divided
}
