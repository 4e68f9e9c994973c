package import Evidence

extension LedgerAudit {
    /// The outside world of a shard, as it was last read.
    package struct World: Hashable, Encodable, Sendable {
        /// `s00` to `s63`.
        package let shard: String
        package let currency: String
        package let accounts: Int
        /// Minor units; `nil` when it is no number.
        package let balance: Int64?
        /// Money on its way to other shards less what came from them, in minor units; `nil` when it is no number.
        package let transit: Int64?
    }

    /// The ledger's size in Redis, from a sample: `MEMORY USAGE` of all elements, with each key's own overhead.
    package struct Memory: Hashable, Sendable {
        /// Accounts with 50 entries or more that were measured.
        package var longAccounts = 0
        /// Bytes of their lists by their entries; `nil` when there were none.
        package var bytesPerEntry: Double?
        /// Accounts with one entry that were measured.
        package var newAccounts = 0
        /// Bytes of such an account, hash and list; `nil` when there were none.
        package var bytesPerNewAccount: Double?

        fileprivate var figures: Figures {
            [
                "bytes_per_entry": self.bytesPerEntry, "long_accounts": self.longAccounts,
                "bytes_per_new_account": self.bytesPerNewAccount, "new_accounts": self.newAccounts,
            ]
        }

        fileprivate var lines: [String] {
            let entry = self.bytesPerEntry.map {
                "memory     \(FigureText.tenths($0)) bytes an entry (\(self.longAccounts) accounts measured)"
            }
            let account = self.bytesPerNewAccount.map {
                "memory     \(FigureText.tenths($0)) bytes a user with one entry (\(self.newAccounts) measured)"
            }
            return [entry, account].compactMap { $0 }
        }
    }

    /// The findings of an audit of the ledger.
    package struct Report: EvidenceReport {
        package var keys = 0
        package var accounts = 0
        package var entries = 0
        /// The shards in use, in order.
        package var worlds: [World] = []
        package var memory = Memory()
        package var violations = Violations<LedgerAudit.Kind>()
        package var undecided: [Undecided] = []
        package var elapsed = Duration.zero

        package init() {}

        /// Shards with accounts or an outside world, in any currency.
        package var shards: Int { Set(self.worlds.map(\.shard)).count }

        /// Money in minor units.
        package var figures: Figures {
            [
                "keys": self.keys, "accounts": self.accounts, "entries": self.entries, "shards": self.shards,
                "worlds": self.worlds, "memory": self.memory.figures,
            ]
        }

        package var summary: [String] {
            [
                "accounts   \(self.accounts)", "entries    \(self.entries)", "shards     \(self.shards) of 64 in use",
                "took       \(FigureText.seconds(self.elapsed)) s",
            ] + self.memory.lines
        }

        package var cleanSentence: String {
            "every balance is the sum of its entries, and every shard adds up to nothing"
        }

        package var undecidedSentence: String {
            "no violation found, but \(self.undecided.count) sums could not be had at one instant"
        }
    }
}
