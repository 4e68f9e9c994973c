import Coordination
import RESP
import Redis

/// Ten entries of an account, newest first.
package struct HistoryPage: Hashable, Sendable {
    package static let size: Int64 = 10
    package static let largestNumber: Int64 = 100_000_000

    /// Counts from 1; `nil` when the page was asked for by cursor.
    package let number: Int64?
    /// The newest sequence that these pages know: later entries do not move them.
    package let asOf: Int64
    package let entries: [Entry]

    /// All entries up to ``asOf``.
    package var total: Int64 { self.asOf }

    /// The path of the next page, with older entries; `nil` on the last one.
    package func next(_ user: UserID) -> String? {
        guard let last = self.entries.last, last.sequence > 1 else { return nil }
        let path = "/users/\(user.text)/history"
        guard let number = self.number else { return "\(path)?cursor=\(last.sequence)" }
        return "\(path)?page=\(number + 1)&as_of=\(self.asOf)"
    }
}

extension Ledger {
    /// The choice of a page of a history.
    package enum PageRequest: Hashable, Sendable {
        /// The page with this number, of the entries up to `asOf` or up to now.
        case number(Int64, asOf: Int64?)
        /// The entries before this sequence.
        case before(Int64)
    }

    /// A page of an account's history.
    ///
    /// Two round trips, whatever the page: the sequence of an entry is its place in the list. A page past the end and
    /// an unknown account have no entries. `asOf` may not be later than the newest entry.
    package func history(_ account: Account, _ request: PageRequest) async throws(LedgerError) -> HistoryPage? {
        let newest = try await self.balance(account).sequence
        switch request {
        case .number(let number, let asOf):
            guard asOf ?? 0 <= newest else { return nil }
            let end = asOf ?? newest
            let entries = try await self.page(account, endingAt: end - (number - 1) * HistoryPage.size)
            return HistoryPage(number: number, asOf: end, entries: entries)
        case .before(let cursor):
            let entries = try await self.page(account, endingAt: min(cursor - 1, newest))
            return HistoryPage(number: nil, asOf: newest, entries: entries)
        }
    }

    private func page(_ account: Account, endingAt end: Int64) async throws(LedgerError) -> [Entry] {
        guard end >= 1 else { return [] }
        return try await self.entries(account, max(end - HistoryPage.size + 1, 1)...end).reversed()
    }
}
