import Evidence
import Ledger
import RESP
import Redis

/// Looks for locks, and places in queues, of payments that have ended or never were.
///
/// A payment that ends gives all of it back in the same script, or stays in `open` until somebody has done so in the
/// other shard. A worker that came too late may hold a lock for a moment more. So a leftover is one that was there, the
/// very same, in several looks, with the payment ended or unknown in each and nobody due to clean up behind it.
struct LeftoverCheck {
    private static let tries = 5
    private static let pause = Duration.milliseconds(100)
    /// Locks that are asked for at once.
    private static let lockLimit = 200
    /// Queues that are asked for at once, and how far.
    private static let queueLimit = 10
    private static let placeLimit = 10_000

    /// Something that one payment has.
    private struct Item: Hashable {
        let kind: PaymentsAudit.Kind
        let key: String
        let payment: PaymentID
        /// The value that it must have to be the same at the next look.
        let value: String
    }

    let reader: StoreReader
    let currency: Currency?

    mutating func run(locks: [Account], queues: [Account]) async throws(AuditError) -> [Violation<PaymentsAudit.Kind>] {
        let isWanted = { (account: Account) in self.currency == nil || account.currency == self.currency }
        var suspects: [Item] = []
        let lockKeys = locks.filter(isWanted).map { LedgerKeys.lock($0) }
        for keys in lockKeys.slices(of: Self.lockLimit) {
            suspects += try await self.strays(among: self.holders(keys))
        }
        let queueKeys = queues.filter(isWanted).map { LedgerKeys.waiters($0) }
        for keys in queueKeys.slices(of: Self.queueLimit) {
            suspects += try await self.strays(among: self.places(keys))
        }
        for number in 1..<Self.tries where !suspects.isEmpty {
            try await StoreReader.wait(Self.pause * number)
            suspects = try await self.strays(among: self.left(suspects))
        }
        return try await self.left(suspects).sorted { ($0.key, $0.payment.text) < ($1.key, $1.payment.text) }
            .map { Violation($0.kind, $0.key, "a payment that has not ended", $0.payment.text) }
    }

    private func holders(_ keys: [String]) async throws(AuditError) -> [Item] {
        let replies = try await self.reader.send(keys.map { RedisCommand("GET", .key($0)) })
        return zip(keys, replies).compactMap { key, reply in
            guard let value = reply?.string, let end = value.lastIndex(of: ":"), let id = PaymentID(value[..<end])
            else { return nil }
            return Item(kind: .lockStray, key: key, payment: id, value: value)
        }
    }

    private func places(_ keys: [String]) async throws(AuditError) -> [Item] {
        let replies = try await self.reader.send(
            keys.map { RedisCommand("ZRANGE", .key($0), 0, .integer(Self.placeLimit - 1)) }
        )
        return zip(keys, replies).flatMap { key, reply in
            (reply?.array ?? []).compactMap { member in
                member.string.flatMap { PaymentID($0) }.map {
                    Item(kind: .waiterStray, key: key, payment: $0, value: "")
                }
            }
        }
    }

    /// The items of payments that have ended or never were.
    private func strays(among items: [Item]) async throws(AuditError) -> [Item] {
        let records = try await self.reader.records(items.map(\.payment))
        return items.filter { item in
            guard let record = records[item.payment] else { return false }
            // A record that is there and is no payment is told by itself.
            guard record.isThere else { return true }
            guard let payment = record.payment else { return false }
            return payment.state.isTerminal && !record.isSwept(within: PaymentCheck.grace)
        }
    }

    /// The items that are still as they were.
    private func left(_ items: [Item]) async throws(AuditError) -> [Item] {
        var left: [Item] = []
        for batch in items.slices(of: Self.lockLimit) {
            let replies = try await self.reader.send(
                batch.map { item in
                    item.kind == .lockStray
                        ? RedisCommand("GET", .key(item.key))
                        : RedisCommand("ZSCORE", .key(item.key), .text(item.payment.text))
                }
            )
            for (item, reply) in zip(batch, replies) {
                guard let text = reply?.string else { continue }
                if item.kind == .waiterStray || text == item.value { left.append(item) }
            }
        }
        return left
    }
}
