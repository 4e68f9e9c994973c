package import Outbound

/// Why a batch has no answer, said so that the caller knows whether it may have had its effect.
package enum NodeError: Error, Hashable, Sendable {
    /// No node is fit for use: none has been reached yet, or each fails, lags or is of another chain.
    case noNode
    /// An earlier part of the same call was not answered, or left a gap of nonces, so this part was not sent.
    case notReached
    case notSent(OutboundError.Cause)
    case outcomeUnknown(OutboundError.Cause)
    /// The node, or what stands before it, wants fewer requests.
    case rateLimited(retryAfter: Duration?)
    /// An HTTP status without an answer of JSON-RPC: a proxy's error page, a ban.
    case status(Int)
    /// 2xx, and no JSON-RPC.
    case malformed
    /// More bytes than its calls may be answered with.
    case tooLarge
    /// The batch as a whole, or a call that the rest is worth nothing without.
    case fault(RPCFault)
    /// The node takes fewer calls in one batch, so that it did nothing.
    case batchTooLarge
    /// The node that answered is of another chain than the accepted one.
    case otherChain

    init(_ error: OutboundError) {
        switch error {
        case .notSent(let cause): self = .notSent(cause)
        case .outcomeUnknown(let cause): self = .outcomeUnknown(cause)
        }
    }

    /// Whether what was asked for may have happened all the same.
    package var mayHaveHappened: Bool {
        switch self {
        case .noNode, .notReached, .notSent, .rateLimited, .batchTooLarge: false
        case .outcomeUnknown, .malformed, .tooLarge, .otherChain: true
        case .status(let status): !(300..<500).contains(status)
        case .fault(.refused): false
        case .fault(.missing), .fault(.malformed): true
        }
    }

    /// Whether it says that there were too many calls in the batch.
    var isOfBatch: Bool {
        switch self {
        case .status(let status): status == 413
        case .fault(.refused(let refusal)): refusal.isBatchTooLarge
        case .batchTooLarge: true
        case .noNode, .notReached, .notSent, .outcomeUnknown, .rateLimited, .malformed, .tooLarge, .fault, .otherChain:
            false
        }
    }

    /// Whether another node is worth a try.
    var isOfNode: Bool {
        switch self {
        case .notSent(let cause), .outcomeUnknown(let cause):
            switch cause {
            case .unresolved, .unreachable, .blockedAddress, .tls, .timedOut, .reset, .malformedResponse: true
            case .overloaded, .shuttingDown, .cancelled, .invalidRequest, .internalFailure: false
            }
        case .rateLimited, .status, .malformed, .otherChain: true
        case .fault(.refused(let refusal)): refusal.isRateLimit
        case .noNode, .notReached, .tooLarge, .fault, .batchTooLarge: false
        }
    }
}
