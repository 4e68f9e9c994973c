import Evidence

extension PaymentsAudit {
    /// The kinds of violations of payments.
    package enum Kind: String, ViolationKind {
        package static let textLimit = 200

        /// A key under the payments' names that this feature would not write.
        case unknownKey = "unknown_key"
        /// A payment in another shard than its payer's.
        case wrongShard = "wrong_shard"
        case wrongType = "wrong_type"
        /// A record whose fields are not what they must be.
        case recordInvalid = "record_invalid"
        /// A payment that has not ended and will expire, or one that has ended and never will.
        case expiryWrong = "expiry_wrong"
        /// Entries of a payment that has no record, and are too young for that.
        case recordMissing = "record_missing"
        case debitMissing = "debit_missing"
        case creditMissing = "credit_missing"
        case returnMissing = "return_missing"
        /// An entry of a payment whose state says that there is none.
        case entryStray = "entry_stray"
        /// An entry that moves another amount, or another account, than the payment says.
        case entryWrong = "entry_wrong"
        /// A payment that has two entries of one kind.
        case entryRepeated = "entry_repeated"
        /// Entries of a payment that is long gone, which do not add up to nothing.
        case entryUnpaired = "entry_unpaired"
        /// A payment that has not ended, and that neither a sweeper nor a person will look at.
        case unattended
        /// A member of `open` that has ended, or is no payment.
        case openStray = "open_stray"
        /// A member of `dead` that has ended, or is no payment.
        case deadStray = "dead_stray"
        /// A dead letter that is not listed as one, or the reverse.
        case deadWrong = "dead_wrong"
        /// A payment that is on its way and not listed so, or the reverse.
        case flightWrong = "flight_wrong"
        /// A lock of a payment that has ended, or is none.
        case lockStray = "lock_stray"
        /// A place in a queue of a payment that has ended, or is none.
        case waiterStray = "waiter_stray"
        /// The shards say that another sum is on its way than the payments say.
        case transitSumWrong = "transit_sum_wrong"
        /// A payment that has not ended where all must have.
        case unfinished
    }
}
