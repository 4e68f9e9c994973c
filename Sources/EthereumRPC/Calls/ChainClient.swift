package import JSON

/// One chain, asked through its nodes.
///
/// When another chain has been accepted, it gets no more answers: what was signed for a chain that was reset must not
/// reach the new one, where it would be good as well.
package struct ChainClient: Sendable {
    package let nodes: EthereumNodes
    package let chain: ChainIdentity

    init(nodes: EthereumNodes, chain: ChainIdentity) {
        self.nodes = nodes
        self.chain = chain
    }

    /// The answers to a batch, in its order.
    ///
    /// A batch over the limit goes out in parts, the next one when the one before was answered. `isSending` is for
    /// what changes something: it is not sent twice to one node, and rather to one that lags than to none.
    package func call(
        _ requests: [RPCRequest],
        isSending: Bool = false
    ) async throws(RPCError) -> [Result<JSONValue, RPCFault>] {
        var answers: [Result<JSONValue, RPCFault>] = []
        for part in self.parts(requests) {
            answers += try await self.nodes.call(part, of: self.chain, isSending: isSending).answers
        }
        return answers
    }

    /// One place of a batch is for the question which chain the node is of.
    func parts<Item>(_ items: [Item]) -> [[Item]] {
        let size = self.nodes.configuration.batchLimit - 1
        return stride(from: 0, to: items.count, by: size).map { Array(items[$0..<min($0 + size, items.count)]) }
    }
}
