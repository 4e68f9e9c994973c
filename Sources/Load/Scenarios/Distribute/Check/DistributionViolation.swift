/// The faults of a faucet.
package enum DistributionViolation: String, FindingKind {
    case otherAnswer = "other_answer"
    case sharedID = "shared_id"
    case sharedHash = "shared_hash"
    case sharedNonce = "shared_nonce"
    case amount
    case unknown
    case misread
    case unfinished
    case failed
    case noReceipt = "no_receipt"
    case reverted
    case wrongValue = "wrong_value"
    case wrongRecipient = "wrong_recipient"
    case wrongNonce = "wrong_nonce"
    case twice
    case gap
    case missingCoin = "missing_coin"
    case extraCoin = "extra_coin"
    case oddRise = "odd_rise"
    case unread

    package var sentence: String {
        switch self {
        case .otherAnswer: "one key was answered in two ways"
        case .sharedID: "one id was given to two requests"
        case .sharedHash: "one transaction was given to two requests"
        case .sharedNonce: "one nonce of a sender was given to two requests"
        case .amount: "coins are not all worth the same"
        case .unknown: "an accepted distribution is not known under its id"
        case .misread: "a distribution is told otherwise than it was promised"
        case .unfinished: "an accepted distribution was not delivered in time"
        case .failed: "an accepted distribution failed"
        case .noReceipt: "a delivered distribution has no receipt on the chain"
        case .reverted: "a delivered distribution's transaction failed on the chain"
        case .wrongValue: "a transaction is not worth a coin"
        case .wrongRecipient: "a transaction goes to another address"
        case .wrongNonce: "a transaction has another nonce than its distribution"
        case .twice: "two transactions of one distribution are on the chain"
        case .gap: "a nonce between those of the load was used for something else"
        case .missingCoin: "a balance rose by less than was delivered"
        case .extraCoin: "a balance rose by more than was asked for"
        case .oddRise: "a balance rose by what is no number of coins"
        case .unread: "the service or the chain cannot be read"
        }
    }
}
