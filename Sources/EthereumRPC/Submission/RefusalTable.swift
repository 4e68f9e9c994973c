/// The words of nodes, in lower case; the first row that fits counts.
///
/// From geth, Hardhat and EDR, ganache, Besu, Nethermind, Erigon, reth, OpenEthereum, Redbelly and the gateways before
/// them.
enum RefusalTable {
    /// The table as bytes, for searching.
    static let rows = Self.table.map { (kind: $0.kind, texts: $0.texts.map { Array($0.utf8) }) }

    private static let table: [(kind: RefusalKind, texts: [String])] = [
        (
            .alreadyKnown,
            [
                "already known", "alreadyknown", "known transaction", "already imported", "already in mempool",
                "already in the mempool", "already in the pool", "transaction already exists",
            ]
        ),
        (.nonceTooLow, ["nonce too low", "nonce is too low", "nonce below", "oldnonce", "old nonce"]),
        (
            .nonceTooHigh,
            [
                "nonce too high", "nonce is too high", "nonce too far in the future", "nonce is too distant",
                "nonce out of range", "nonce gap", "noncegap", "gapped-nonce", "future nonce", "exceeds next nonce",
            ]
        ),
        (
            .replacementUnderpriced,
            [
                "replacement transaction underpriced", "replacement underpriced", "replacement fee too low",
                "replacement not allowed", "replacementnotallowed", "invalid replacement",
                "another transaction with same nonce",
            ]
        ),
        (
            .feeTooLow,
            [
                "transaction underpriced", "underpriced", "max fee per gas less than block base fee",
                "fee cap less than block base fee", "too low for the next block", "gas price too low",
                "gas price is too low", "gas price below", "below configured minimum", "which is below the minimum of",
                "fee too low", "feetoolow",
                "insufficient fee",
            ]
        ),
        (.feeCapExceeded, ["exceeds the configured cap"]),
        (
            .insufficientFunds,
            [
                "insufficient funds", "insufficientfunds", "insufficient balance", "doesn't have enough funds",
                "upfront cost exceeds",
            ]
        ),
        (
            .gasTooLow,
            [
                "intrinsic gas", "transaction requires at least", "insufficient gas for floor",
                "base fee exceeds gas limit", "gas limit too low", "gas limit is too low",
            ]
        ),
        (
            .wrongChain,
            [
                "invalid sender", "invalid chain id", "invalid chainid", "chain id mismatch", "chainid mismatch",
                "wrong chain", "incorrect chain", "signed for another chain", "invalid signature",
            ]
        ),
        (
            .notAuthorised,
            [
                "not authorised to write", "not authorized to write", "sender not authorised", "sender not authorized",
                "account not authorised", "account not authorized",
            ]
        ),
        (
            .poolFull,
            [
                "txpool is full", "pool is full", "mempool is full", "too many transactions in the queue",
                "future transaction tries to replace pending", "in-flight transaction limit",
                "account limit exceeded",
            ]
        ),
        (
            .rateLimited,
            [
                "rate limit", "ratelimit", "too many requests", "rate exceeded", "request count exceeded",
                "request limit", "compute units per second",
            ]
        ),
        (
            .unclear,
            [
                "timed out", "timeout", "deadline exceeded", "connection refused", "connection reset", "bad gateway",
                "gateway time-out", "service unavailable", "temporarily unavailable", "internal error",
                "internal server error",
            ]
        ),
    ]

    /// "batch too large" (geth), "Number of requests in batch exceeds max batch size" (Besu), "batch limit 100
    /// exceeded" (Erigon), "Batched requests are not supported by this server" (reth), and gateways' "Batch of more
    /// than 3 requests are not allowed".
    static let batchWords = ["batch", "max-batch", "maxbatch"].map { Array($0.utf8) }
    static let sizeWords = [
        "too large", "too big", "too many", "too long", "limit", "exceed", "more than", "max", "not supported",
        "unsupported", "not allowed", "disabled", "size",
    ].map { Array($0.utf8) }
    static let rateWords = ["rate", "ratelimit", "per second", "second"].map { Array($0.utf8) }

    /// "account has nonce of: 1 tx has nonce of: 5" and "invalid nonce; got 5, expected 1".
    static let nonceForms = [
        (text: Array("account has nonce of".utf8), isExpectedFirst: true),
        (text: Array("invalid nonce; got".utf8), isExpectedFirst: false),
    ]
}
