/// The health of one node.
package struct NodeHealth: Hashable, Sendable {
    /// Its place in the settings, from 0.
    package let index: Int
    package let status: NodeStatus
    /// The chain that it last named as its own; kept while it does not answer.
    package let chain: ChainIdentity?
    package let head: UInt64?
    /// The highest block that it has shown of this chain.
    package let highest: UInt64?
    /// Blocks behind the best node; `nil` unless it is of the accepted chain.
    package let lag: UInt64?
    /// Calls and probes that failed since one last succeeded.
    package let failures: Int

    /// By how many blocks it has gone back: a reorganisation, or data from before.
    ///
    /// It stays until the node is as high as it was.
    package var rolledBack: UInt64 {
        guard let head, let highest, highest > head else { return 0 }
        return highest - head
    }
}

package enum NodeStatus: Hashable, Sendable {
    /// It has not been reached yet.
    case unseen
    /// It failed, and has not been probed since.
    case failing
    /// Its chain is not the one of the settings: never used.
    case misplaced
    /// It answers, and no chain is accepted yet.
    case sighted
    /// It is of another chain than the accepted one: never used.
    case otherChain
    /// Too far behind to be asked anything.
    case lagging
    case healthy

    package var name: String {
        switch self {
        case .unseen: "unseen"
        case .failing: "failing"
        case .misplaced: "misplaced"
        case .sighted: "sighted"
        case .otherChain: "other_chain"
        case .lagging: "lagging"
        case .healthy: "healthy"
        }
    }

    /// Whether it answers and is of the accepted chain.
    package var isUp: Bool { self == .healthy || self == .lagging }
}
