import Coordination
import Evidence
import Ledger
import NIOCore
import RESP
import Redis

/// Questions of the audit of payments.
extension StoreReader {
    /// Payments on their way beyond this are not compared one by one.
    private static let flightLimit = 20_000

    /// These payments of one shard, each batch of one instant.
    func records(_ ids: [PaymentID], _ shard: Shard) async throws(AuditError) -> [AuditedPayment] {
        guard !ids.isEmpty else { return [] }
        let sets = [PaymentKeys.open(shard), PaymentKeys.dead(shard), PaymentKeys.flight(shard)]
        let call = RedisScriptCall(
            .auditRecords,
            keys: sets + ids.map { PaymentKeys.payment(shard, id: $0.text) },
            arguments: Payment.Record.names.map { .text($0) }
        )
        return try await self.run(call) { reply in
            guard let parts = reply.array, parts.count == 1 + ids.count, let time = ServerTime(timeReply: parts[0])
            else { return nil }
            let records = zip(ids, parts.dropFirst()).compactMap { AuditedPayment($0, $1, at: time) }
            return records.count == ids.count ? records : nil
        }
    }

    /// These payments, wherever they are; each shard's are read together.
    func records(_ ids: some Sequence<PaymentID>) async throws(AuditError) -> [PaymentID: AuditedPayment] {
        var records: [PaymentID: AuditedPayment] = [:]
        for (shard, ids) in Dictionary(grouping: Set(ids), by: \.home) {
            for batch in ids.slices(of: PaymentsAudit.batchLimit) {
                for record in try await self.records(batch, shard) { records[record.id] = record }
            }
        }
        return records
    }

    /// `nil` when keys of all shards cannot be read at one instant.
    func flight(_ currencies: [Currency]) async throws(AuditError) -> PaymentsAudit.Flight? {
        let transits = currencies.flatMap { currency in Shard.all.map { LedgerKeys.transit($0, currency) } }
        let call = RedisScriptCall(
            .auditFlight,
            keys: Shard.all.map { PaymentKeys.flight($0) } + transits,
            arguments: [.integer(Shard.count), .integer(Self.flightLimit)],
            spansTags: true
        )
        do {
            return try await self.run(call) { reply in
                guard let parts = reply.array, parts.count == 4, let time = ServerTime(timeReply: parts[0]),
                    let total = parts[1].integerValue, let payments = parts[2].array?.compactMap(\.string),
                    let balances = parts[3].array, balances.count == transits.count
                else { return nil }
                var sums: [Currency: Int128]? = [:]
                for (index, value) in balances.enumerated() {
                    let balance = value == .null ? 0 : AccountHead.number(value.string)
                    let currency = currencies[index / Shard.count]
                    if let balance { sums?[currency, default: 0] += Int128(balance) } else { sums = nil }
                }
                let named = total <= Self.flightLimit ? payments : nil
                return PaymentsAudit.Flight(time: time, payments: named, sums: sums)
            }
        } catch {
            guard case .unreadable(.refused) = error else { throw error }
            return nil
        }
    }

    /// Reads the entries that an account got since it was read last; returns when that was.
    func catchUp(_ account: Account, _ marks: PaymentMarks) async throws(AuditError) -> ServerTime {
        var first = marks.length(of: account)
        var end: Int?
        var time = ServerTime(milliseconds: .min)
        repeat {
            let answer = try await self.accounts([account], first: first)
            guard let snapshot = answer.accounts.first else { break }
            // Only up to where it ended at the first look: a busy account has no end.
            if end == nil { (end, time) = (snapshot.length, answer.time) }
            for packed in snapshot.entries {
                guard let entry = Entry(packed: String(buffer: packed)), entry.kind.isPayment else { continue }
                marks.add(entry, of: account)
            }
            first += snapshot.entries.count
            if snapshot.entries.isEmpty { break }
        } while first < end ?? 0
        marks.end(account, at: first)
        return time
    }
}

extension PaymentsAudit {
    /// Money on its way between all shards, at one instant.
    struct Flight: Sendable {
        let time: ServerTime
        /// `nil` when there are too many to be named.
        let payments: [String]?
        /// By currency and shard; `nil` when one of the accounts has no number.
        let sums: [Currency: Int128]?
    }
}

extension RedisScript {
    fileprivate static let auditRecords = RedisScript(
        "payments_audit_records",
        source: PackageResources.payments_audit_records_lua
    )
    fileprivate static let auditFlight = RedisScript(
        "payments_audit_flight",
        source: PackageResources.payments_audit_flight_lua
    )
}
