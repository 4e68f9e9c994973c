import Redis

/// One thing about the faucet that is not as it must be, and where.
package struct FaucetViolation: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable, CaseIterable {
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

    package let kind: Kind
    package let key: String
    package let expected: String
    package let found: String

    /// Texts may come from anywhere: they are made fit for a terminal.
    package init(
        _ kind: Kind,
        key: String,
        expected: some CustomStringConvertible,
        found: some CustomStringConvertible
    ) {
        self.kind = kind
        self.key = LoggedText.printable(key, limit: 300)
        self.expected = LoggedText.printable(expected.description, limit: 300)
        self.found = LoggedText.printable(found.description, limit: 300)
    }
}

/// How many violations there are, and the first of them.
package struct FaucetViolations: Hashable, Sendable {
    /// How many are kept and reported one by one.
    package static let limit = 100

    package private(set) var first: [FaucetViolation] = []
    package private(set) var counts: [FaucetViolation.Kind: Int] = [:]

    package init() {}

    package var total: Int { self.counts.values.reduce(0, +) }

    package mutating func append(_ violation: FaucetViolation) {
        self.counts[violation.kind, default: 0] += 1
        if self.first.count < Self.limit { self.first.append(violation) }
    }
}
