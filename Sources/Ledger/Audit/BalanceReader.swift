import Coordination
import Evidence
import NIOCore

/// Reads what accounts bring to the sum of their shard, and nothing else: for accounts that were checked before.
///
/// An account that has not changed since the first cut had its balance at every cut. Of the others the entries are read
/// from the last one backwards, until one is older than all cuts.
struct BalanceReader: Sendable {
    /// How many accounts are asked for at once.
    private static let batchLimit = 200

    let reader: StoreReader
    let elapsed: @Sendable () -> Duration

    func read(
        _ accounts: [Account],
        cuts: [ShardCut],
        _ body: (BalanceReading, AuditLook) -> Void
    ) async throws(AuditError) {
        for batch in accounts.slices(of: Self.batchLimit) {
            let sent = self.elapsed()
            let answer = try await self.reader.accounts(batch, limit: 0)
            let look = AuditLook(time: answer.time, sent: sent, received: self.elapsed())
            for (account, snapshot) in zip(batch, answer.accounts) {
                body(try await self.reading(account, snapshot, cuts: cuts), look)
            }
        }
    }

    private func reading(
        _ account: Account,
        _ snapshot: AccountSnapshot,
        cuts: [ShardCut]
    ) async throws(AuditError) -> BalanceReading {
        let head = snapshot.accountType == "hash" ? AccountHead(snapshot) : nil
        let isMissing = snapshot.accountType == "none" && snapshot.length == 0
        var reading = BalanceReading(
            account,
            balance: isMissing ? 0 : head?.balance,
            cutCount: cuts.count,
            newest: ServerTime(milliseconds: head?.updated ?? .min)
        )
        var open = Set(cuts.indices)
        for (index, cut) in cuts.enumerated() where cut.known[account] != nil || reading.newest < cut.time {
            reading.atCuts[index] = cut.known[account] ?? reading.balance ?? 0
            open.remove(index)
        }
        var end = snapshot.length
        while end > 0, !open.isEmpty {
            let first = max(end - LedgerAudit.sliceLimit, 0)
            let entries = try await self.reader.accounts([account], first: first, limit: end - first).accounts.first
            for packed in (entries?.entries ?? []).reversed() {
                guard let entry = Entry(packed: String(buffer: packed)) else {
                    reading.balance = nil
                    return reading
                }
                for index in open {
                    if entry.created == cuts[index].time { reading.isOnCut[index] = true }
                    guard entry.created < cuts[index].time else { continue }
                    reading.atCuts[index] = entry.balance.minorUnits
                    open.remove(index)
                }
            }
            end = first
        }
        return reading
    }
}
