package import Ethereum
package import JSON

/// The outcome of one signed transaction that was given to a node.
///
/// None of these is a promise: nodes drop what they accepted. Only a receipt is one.
package enum SubmitOutcome: Hashable, Sendable {
    /// The node took it, and named its hash.
    case accepted(Hash32)
    /// The same bytes are in the node's pool.
    case alreadyKnown
    /// A transaction with this nonce has been mined: this one, perhaps.
    case nonceTooLow
    /// A nonce before this one is missing, and the node does not wait for it.
    case nonceTooHigh
    /// Another transaction with this nonce waits there, and this one does not pay enough more.
    case underpriced
    /// It pays less than the node or the next block asks for; with the least that they take, if the node named it.
    case feeTooLow(FeeFloor?)
    /// It pays more than the node lets anybody pay.
    case feeCapExceeded
    case insufficientFunds
    /// Its gas limit is below what any transaction of its kind needs.
    case gasTooLow
    /// It was signed for another chain, or its signature is not one.
    case wrongChain
    /// The sender may not write on this chain.
    case notAuthorised
    case poolFull
    case rateLimited
    /// The node said no in words that are in no table; they are printable and short.
    case rejected(String)
    /// It may have been accepted: send the same bytes again.
    case unknown(NodeError)
    /// It has not reached a node.
    case notSent(NodeError)

    /// The node's answer to one `eth_sendRawTransaction`.
    package init(_ answer: Result<JSONValue, RPCFault>) {
        switch answer {
        case .success(let result): self = result.hash.map { .accepted($0) } ?? .unknown(.fault(.malformed))
        case .failure(.refused(let refusal)): self.init(refusal)
        case .failure(let fault): self = .unknown(.fault(fault))
        }
    }

    /// The outcome of each transaction of a batch that ended with this error.
    package init(_ error: NodeError) {
        switch error {
        case .fault(.refused(let refusal)): self.init(refusal)
        case .rateLimited: self = .rateLimited
        case .noNode, .notReached, .notSent, .outcomeUnknown, .status, .malformed, .tooLarge, .fault, .otherChain,
            .batchTooLarge:
            self = error.mayHaveHappened ? .unknown(error) : .notSent(error)
        }
    }

    private init(_ refusal: RPCRefusal) {
        self =
            switch RefusalKind(refusal) {
            case .alreadyKnown: .alreadyKnown
            case .nonceTooLow: .nonceTooLow
            case .nonceTooHigh: .nonceTooHigh
            case .replacementUnderpriced: .underpriced
            case .feeTooLow: .feeTooLow(FeeFloor(refusal))
            case .feeCapExceeded: .feeCapExceeded
            case .insufficientFunds: .insufficientFunds
            case .gasTooLow: .gasTooLow
            case .wrongChain: .wrongChain
            case .notAuthorised: .notAuthorised
            case .poolFull: .poolFull
            case .rateLimited: .rateLimited
            case .unclear: .unknown(.fault(.refused(refusal)))
            case .batchTooLarge, .other: .rejected(refusal.text.isEmpty ? refusal.detail : refusal.text)
            }
    }

    /// Whether a node has it now, as far as anybody can tell.
    package var isWithNode: Bool {
        switch self {
        case .accepted, .alreadyKnown: true
        default: false
        }
    }
}
