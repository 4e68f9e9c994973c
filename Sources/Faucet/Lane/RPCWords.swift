import EthereumRPC
import Outbound

/// The outcomes of calls to nodes, for people and as a reason to wait.
enum RPCWords {
    static func waiting(_ error: NodeError) -> Waiting {
        let reason: Waiting.Reason =
            switch error {
            case .noNode, .notReached, .notSent, .outcomeUnknown, .otherChain: .nodeUnreachable
            case .rateLimited: .nodeRateLimited
            case .status, .malformed, .tooLarge, .batchTooLarge, .fault: .nodeRefuses
            }
        return Waiting(reason, Self.text(error), said: Self.said(error))
    }

    /// The node's own words; empty without any.
    static func said(_ error: NodeError) -> String {
        guard case .fault(.refused(let refusal)) = error else { return "" }
        return refusal.text.isEmpty ? refusal.detail : refusal.text
    }

    static func text(_ error: NodeError) -> String {
        switch error {
        case .noNode: "no node is fit for use"
        case .notReached: "it was not its turn"
        case .notSent(let cause): "not sent: \(cause)"
        case .outcomeUnknown(let cause): "no answer: \(cause)"
        case .rateLimited: "the node wants fewer calls"
        case .status(let status): "HTTP status \(status)"
        case .malformed: "the answer is no JSON-RPC"
        case .tooLarge: "the answer is too large"
        case .batchTooLarge: "the node takes fewer calls in one batch"
        case .fault(.refused): "the node refuses the call"
        case .fault(.missing): "a call was left out of the answer"
        case .fault(.malformed): "a call was answered with something else"
        case .otherChain: "the node is of another chain"
        }
    }
}
