package import Coordination

/// An account's entries of a stretch of time, with the balances before and after it.
package struct Statement: Sendable {
    package enum Format: String, CaseIterable, Sendable {
        case csv
        case ndjson
    }

    package let account: Account
    package let from: ServerTime?
    package let to: ServerTime?
    /// The last entry before the stretch; 0 when there is none.
    package let opening: Int64
    package let openingBalance: Money
    /// The last entry of the stretch; equal to ``opening`` when it has none.
    package let closing: Int64
    package let closingBalance: Money
}

extension Ledger {
    /// Entries that are read at once while a statement is written.
    static let statementSlice: Int64 = 500

    /// Where the entries of `from..<to` begin and end, as of now.
    ///
    /// Times never decrease from entry to entry, so both ends are found by halving: two round trips for each doubling
    /// of the account's length.
    package func statement(
        _ account: Account,
        from: ServerTime?,
        to: ServerTime?
    ) async throws(LedgerError) -> Statement {
        let newest = try await self.balance(account)
        let opening = try await self.lastEntry(account, before: from, of: newest.sequence, otherwise: 0)
        let closing = try await self.lastEntry(account, before: to, of: newest.sequence, otherwise: newest.sequence)
        return Statement(
            account: account,
            from: from,
            to: to,
            opening: opening,
            openingBalance: try await self.balance(account, after: opening),
            closing: max(closing, opening),
            closingBalance: try await self.balance(account, after: max(closing, opening))
        )
    }

    private func balance(_ account: Account, after sequence: Int64) async throws(LedgerError) -> Money {
        guard sequence > 0 else { return Money(minorUnits: 0) }
        guard let entry = try await self.entries(account, sequence...sequence).first else {
            throw await self.missing()
        }
        return entry.balance
    }

    /// The number of entries of the first `count` that were made before an instant.
    private func lastEntry(
        _ account: Account,
        before instant: ServerTime?,
        of count: Int64,
        otherwise: Int64
    ) async throws(LedgerError) -> Int64 {
        guard let instant else { return otherwise }
        var low: Int64 = 0
        var high = count
        while low < high {
            let middle = low + (high - low) / 2 + 1
            guard let entry = try await self.entries(account, middle...middle).first else {
                throw await self.missing()
            }
            if entry.created < instant { low = middle } else { high = middle - 1 }
        }
        return low
    }
}
