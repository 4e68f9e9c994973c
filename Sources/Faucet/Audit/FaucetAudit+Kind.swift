import Evidence

extension FaucetAudit {
    /// The kinds of violations of the faucet.
    package enum Kind: String, ViolationKind {
        /// A key under the faucet's names that it would not write.
        case unknownKey = "unknown_key"
        case wrongType = "wrong_type"
        /// A record whose fields are not what they must be.
        case recordInvalid = "record_invalid"
        /// A distribution of a lane that has no record, and is too young to have lost it.
        case recordMissing = "record_missing"
        /// A record that is not over and will expire, or one that is over and never will.
        case expiryWrong = "expiry_wrong"
        /// A record of an era that has not begun.
        case eraWrong = "era_wrong"
        /// A record whose lane does not know that it has its nonce.
        case boundWrong = "bound_wrong"
        /// A record that is not over and that its lane does not see, or one that is over and that it does.
        case openWrong = "open_wrong"
        /// Two records with one nonce.
        case nonceRepeated = "nonce_repeated"
        /// Two records with one transaction.
        case hashRepeated = "hash_repeated"
        /// A nonce counter that would give out a nonce again.
        case counterLow = "counter_low"
        /// Signed bytes that are not the record's transaction.
        case bytesWrong = "bytes_wrong"
        /// A transaction on the chain that is not what its record says.
        case transactionWrong = "transaction_wrong"
        /// A record that names another block, hash or price than the chain.
        case receiptWrong = "receipt_wrong"
        /// A confirmed record whose coin was not delivered.
        case notDelivered = "not_delivered"
        /// A failed record whose coin was delivered, or whose nonce is not used up by its own transaction.
        case failedWrong = "failed_wrong"
        /// A record that has paid more than once.
        case paidTwice = "paid_twice"
        /// A nonce of the sender that a transaction of no record has used up.
        case foreign
        /// More coins have left the sender than its records say.
        case balanceWrong = "balance_wrong"
        /// A record that is not over where all must be.
        case unfinished
    }
}
