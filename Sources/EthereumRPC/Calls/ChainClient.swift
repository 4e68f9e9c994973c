package import JSON

/// One chain, asked through its nodes.
///
/// When another chain has been accepted, it gets no more answers: transactions signed for a chain that was reset must
/// not reach the new one, where they would be good as well.
package struct ChainClient: Sendable {
    package let nodes: EthereumNodes
    package let chain: ChainIdentity

    init(nodes: EthereumNodes, chain: ChainIdentity) {
        self.nodes = nodes
        self.chain = chain
    }

    /// The answers to a batch, in its order.
    ///
    /// More calls than a node takes at once go out in parts, the next one when the one before was answered, and perhaps
    /// by another node. `isSending` is for what changes something: it is not sent twice to one node, and rather to one
    /// that lags than to none.
    package func call(
        _ requests: [RPCRequest],
        isSending: Bool = false
    ) async throws(NodeError) -> [Result<JSONValue, RPCFault>] {
        var answers: [Result<JSONValue, RPCFault>] = []
        while answers.count < requests.count {
            let part = self.part(requests, from: answers.count, isSending: isSending)
            answers += try await self.nodes.call(part, of: self.chain, isSending: isSending).answers
        }
        return answers
    }

    /// The next calls, as many as the node that would be asked now takes at once.
    func part(_ requests: [RPCRequest], from first: Int, isSending: Bool) -> [RPCRequest] {
        Array(requests[first...].prefix(self.nodes.room(of: self.chain, isSending: isSending)))
    }
}
