package import Outbound

/// The nodes, and the limits on what we ask of them.
package struct RPCConfiguration: Sendable {
    /// Where they listen, in order of preference; 1 to 16.
    package var nodes: [Endpoint]
    package var rules = NodeRules()
    /// From a call to the end of its answer, for each batch and each node that is tried; default 5 s, 50 ms to 60 s.
    package var callTimeout = Duration.seconds(5)
    /// The same for a probe, and for what is sent to the other nodes besides; default 2 s, 50 ms to 60 s.
    package var probeTimeout = Duration.seconds(2)
    /// Between two probes of a node; default 1 s, 50 ms to 60 s.
    package var probeInterval = Duration.seconds(1)
    /// Calls in one batch at most; default 100, 1 to 1000.
    ///
    /// One of them is our own: it asks which chain answers. A node that takes fewer gets fewer. With 1 there are no
    /// batches, and our own is a request of its own.
    package var batchLimit = 100
    /// Whether every node gets what is sent, and not only the one in use; default not.
    package var broadcastsToAll = false

    package init(nodes: [Endpoint]) {
        self.nodes = nodes
    }
}
