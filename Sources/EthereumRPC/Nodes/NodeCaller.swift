import JSON
import Outbound

/// Sends one batch to one node and reads the answer; the choice of the node is others'.
struct NodeCaller: Sendable {
    /// The most bytes of an answer that are read, whatever was asked.
    private static let answerLimit = 16 * 1024 * 1024
    /// The bytes that an answer may have besides its results.
    private static let answerMargin = 16 * 1024

    let nodes: [Endpoint]
    let outbound: OutboundClient
    let metrics: RPCMetrics

    func call(
        _ node: Int,
        _ requests: [RPCRequest],
        isSending: Bool,
        within timeout: Duration
    ) async -> Result<[Result<JSONValue, RPCFault>], NodeError> {
        let start = ContinuousClock.now
        let result = await self.send(node, requests, isSending, timeout)
        self.metrics.ended(requests, result, after: start.duration(to: .now))
        return result
    }

    private func send(
        _ node: Int,
        _ requests: [RPCRequest],
        _ isSending: Bool,
        _ timeout: Duration
    ) async -> Result<[Result<JSONValue, RPCFault>], NodeError> {
        let request = OutboundRequest(
            .post,
            self.nodes[node],
            headers: [("Content-Type", "application/json"), ("Accept", "application/json")],
            body: RPCBatch.body(requests),
            timeout: timeout,
            bodyLimit: min(requests.reduce(Self.answerMargin) { $0 + $1.answerLimit }, Self.answerLimit),
            // A connection that broke may mean a node that was started anew, as another chain: look before sending.
            isRepeatable: !isSending
        )
        let response: OutboundResponse
        do throws(OutboundError) {
            response = try await self.outbound.send(request)
        } catch {
            return .failure(NodeError(error))
        }
        do throws(NodeError) {
            return .success(try NodeAnswer.read(response, count: requests.count))
        } catch {
            return .failure(error)
        }
    }
}
