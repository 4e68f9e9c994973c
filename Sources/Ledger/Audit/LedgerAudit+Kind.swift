import Evidence

extension LedgerAudit {
    /// The kinds of violations of the ledger.
    package enum Kind: String, ViolationKind {
        package static let textLimit = 200

        /// A key under the ledger's names that the ledger would not write.
        case unknownKey = "unknown_key"
        /// A key in another shard than its user's.
        case wrongShard = "wrong_shard"
        case wrongType = "wrong_type"
        /// Entries without an account.
        case accountMissing = "account_missing"
        /// An account that has had changes and no entries.
        case entriesMissing = "entries_missing"
        /// An account, the outside world, or what is on its way, whose fields are not the numbers that they must be.
        case headInvalid = "head_invalid"
        case entryUnreadable = "entry_unreadable"
        /// The entries do not count 1, 2, 3….
        case sequenceWrong = "sequence_wrong"
        /// The account has not as many entries as its sequence says.
        case countWrong = "count_wrong"
        case amountOutOfRange = "amount_out_of_range"
        /// A balance that does not follow from the one before and the amount.
        case balanceWrong = "balance_wrong"
        case balanceOutOfRange = "balance_out_of_range"
        /// The account's balance is not the sum of its entries.
        case balanceSumWrong = "balance_sum_wrong"
        /// A fencing token that is not larger than the one before, or larger than the account's.
        case tokenWrong = "token_wrong"
        /// An entry older than the one before, or an account whose last change was at another time.
        case timeWrong = "time_wrong"
        case chainBroken = "chain_broken"
        /// The account's chain is not that of its last entry.
        case chainHeadWrong = "chain_head_wrong"
        case operationRepeated = "operation_repeated"
        /// A payment's entry that does not name a payment.
        case operationInvalid = "operation_invalid"
        case referenceRepeated = "reference_repeated"
        /// An entry's reference that cannot be found under the account.
        case referenceMissing = "reference_missing"
        /// A reference that leads to another transaction than the one that has it.
        case referenceWrong = "reference_wrong"
        /// A reference of no transaction.
        case referenceStray = "reference_stray"
        /// Entries that were read changed while others were read.
        case rewritten
        /// The balances of a shard, its outside world and what is on its way do not add up to nothing.
        case shardSumWrong = "shard_sum_wrong"
    }
}
