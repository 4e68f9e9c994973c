/// What an audit of the ledger found.
package struct AuditReport: Sendable {
    /// The outside world of a shard, as it was last read.
    package struct World: Hashable, Sendable {
        /// `s00` to `s63`.
        package let shard: String
        package let currency: String
        package let accounts: Int
        /// Minor units; `nil` when it is no number.
        package let balance: Int64?
        /// What is on its way to other shards less what came from them, in minor units; `nil` when it is no number.
        package let transit: Int64?
    }

    /// A sum that could not be had at one instant.
    package struct Undecided: Hashable, Sendable {
        package let key: String
        package let reason: String

        package init(key: String, reason: String) {
            self.key = key
            self.reason = reason
        }
    }

    /// What the ledger takes in Redis, from a sample: `MEMORY USAGE` of all elements, with each key's own overhead.
    package struct Memory: Hashable, Sendable {
        /// Accounts with 50 entries or more that were measured.
        package var longAccounts = 0
        /// Bytes of their lists by their entries; `nil` when there were none.
        package var bytesPerEntry: Double?
        /// Accounts with one entry that were measured.
        package var newAccounts = 0
        /// Bytes of such an account, hash and list; `nil` when there were none.
        package var bytesPerNewAccount: Double?

        package init() {}
    }

    package var keys = 0
    package var accounts = 0
    package var entries = 0
    /// Those that are in use, in order.
    package var worlds: [World] = []
    package var violations = AuditViolations()
    package var undecided: [Undecided] = []
    package var memory = Memory()
    package var elapsed = Duration.zero

    package init() {}

    /// Shards with accounts or an outside world, in any currency.
    package var shards: Int { Set(self.worlds.map(\.shard)).count }

    package var isClean: Bool { self.violations.total == 0 && self.undecided.isEmpty }

    /// 0 clean, 1 violations, 3 undecided; an audit that could not read has no report, and 2.
    package var exitCode: Int32 {
        if self.violations.total > 0 { return 1 }
        return self.undecided.isEmpty ? 0 : 3
    }
}
