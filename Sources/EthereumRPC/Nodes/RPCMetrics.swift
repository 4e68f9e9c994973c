import JSON
import Metrics

/// The counts of calls to nodes.
///
/// Nodes are numbers: their URLs may have keys in them.
struct RPCMetrics: Sendable {
    enum Outcome: String, CaseIterable, Hashable {
        case answered
        case refused
        /// Its answer was not in the batch's, or could not be read.
        case missing
        /// The batch was not answered.
        case failed
    }

    private struct OfMethod: Sendable {
        let counters: [Outcome: Counter]
        let duration: Timer

        init(_ method: NodeMethod) {
            let name = method.rawValue
            let counters = Outcome.allCases.map { outcome in
                let dimensions = [("method", name), ("outcome", outcome.rawValue)]
                return (outcome, Counter(label: "tally_rpc_requests_total", dimensions: dimensions))
            }
            self.counters = Dictionary(uniqueKeysWithValues: counters)
            self.duration = Timer(label: "tally_rpc_duration_seconds", dimensions: [("method", name)])
        }
    }

    private struct OfNode: Sendable {
        let up: Gauge
        let lag: Gauge
        let batch: Gauge
    }

    private let methods: [NodeMethod: OfMethod]
    private let nodes: [OfNode]

    init(nodes: Int) {
        self.methods = Dictionary(uniqueKeysWithValues: NodeMethod.allCases.map { ($0, OfMethod($0)) })
        self.nodes = (0..<nodes).map { index in
            let dimensions = [("node", "\(index)")]
            return OfNode(
                up: Gauge(label: "tally_rpc_node_up", dimensions: dimensions),
                lag: Gauge(label: "tally_rpc_node_lag_blocks", dimensions: dimensions),
                batch: Gauge(label: "tally_rpc_node_batch_calls", dimensions: dimensions)
            )
        }
    }

    /// Every call of a batch took as long as the batch, so each method is timed once.
    func ended(
        _ requests: [RPCRequest],
        _ result: Result<[Result<JSONValue, RPCFault>], NodeError>,
        after duration: Duration
    ) {
        var counts: [NodeMethod: [Outcome: Int]] = [:]
        for (place, request) in requests.enumerated() {
            counts[request.method, default: [:]][Self.outcome(result, place), default: 0] += 1
        }
        let (seconds, attoseconds) = duration.components
        for (method, outcomes) in counts {
            guard let metrics = self.methods[method] else { continue }
            for (outcome, count) in outcomes { metrics.counters[outcome]?.increment(by: count) }
            metrics.duration.recordNanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
        }
    }

    /// A node is sent so many calls in one batch now.
    func batches(_ node: Int, _ size: Int) { self.nodes[node].batch.record(Double(size)) }

    func saw(_ nodes: [NodeHealth]) {
        for node in nodes {
            self.nodes[node.index].up.record(node.status.isUp ? 1 : 0)
            if let lag = node.lag { self.nodes[node.index].lag.record(Double(lag)) }
        }
    }

    private static func outcome(
        _ result: Result<[Result<JSONValue, RPCFault>], NodeError>,
        _ place: Int
    ) -> Outcome {
        guard case .success(let answers) = result else { return .failed }
        return switch answers[place] {
        case .success: .answered
        case .failure(.refused): .refused
        case .failure(.missing), .failure(.malformed): .missing
        }
    }
}
