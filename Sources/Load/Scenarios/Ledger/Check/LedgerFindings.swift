/// The findings of the comparison of the accounts.
package struct LedgerFindings: Hashable, Sendable {
    /// Complaints that are kept: 20; the others are counted.
    package static let shownLimit = 20

    package private(set) var shown: [String] = []
    package private(set) var complaintCount = 0
    /// Users whose balance was compared.
    package var balances = 0
    /// Users whose whole history was compared, and its entries.
    package var histories = 0
    package var entries = 0
    package var statements = 0
    /// Queued transactions that were looked up by name.
    package var queued = 0

    package init() {}

    package mutating func add(_ complaints: [String]) {
        self.complaintCount += complaints.count
        self.shown += complaints.prefix(max(Self.shownLimit - self.shown.count, 0))
    }
}

extension LedgerFindings {
    /// Adds what was found at other users.
    package mutating func add(_ other: LedgerFindings) {
        self.add(other.shown)
        // Complaints that the other one has only counted.
        self.complaintCount += other.complaintCount - other.shown.count
        self.balances += other.balances
        self.histories += other.histories
        self.entries += other.entries
        self.statements += other.statements
        self.queued += other.queued
    }
}
