import Coordination
import Evidence
import NIOCore
import RESP
import Redis

/// Reads accounts to their end and has each of them checked.
///
/// An account's hash, the length of its list and its first entries are read by one script, so they are of one instant.
/// Entries below that length never change again, so that the rest can be read slice by slice while others append. At
/// the end the account is looked at once more: the last entry must still be the one that was read.
struct AccountReader: Sendable {
    /// How many accounts are asked for at once.
    static let batchLimit = 50

    struct Batch: Sendable {
        var checks: [AccountCheck] = []
        /// Redis's time, before which all of it was read.
        var time = ServerTime(milliseconds: .min)
        var looks: [AuditLook] = []
    }

    let reader: StoreReader
    let meter: AuditMeter
    let tap: AuditTap?

    /// Checks accounts of one shard.
    ///
    /// Holds the references and operations of one account at a time, and one slice of entries.
    func check(_ accounts: [Account], cuts: [ServerTime]) async throws(AuditError) -> Batch {
        var batch = Batch()
        let snapshots = try await self.read(accounts, first: 0, limit: LedgerAudit.sliceLimit, into: &batch)
        for (account, snapshot) in zip(accounts, snapshots) {
            var check = AccountCheck(account, snapshot, cuts: cuts)
            self.take(snapshot.entries, into: &check)
            try await self.readRest(of: &check, into: &batch)
            check.finish()
            try await self.checkReferences(of: &check)
            check.forget()
            self.tap?.end(account, check.count)
            batch.checks.append(check)
            self.meter.add("accounts", 1)
        }
        return batch
    }

    private func read(
        _ accounts: [Account],
        first: Int,
        limit: Int,
        into batch: inout Batch
    ) async throws(AuditError) -> [AccountSnapshot] {
        let sent = self.meter.elapsed
        let answer = try await self.reader.accounts(accounts, first: first, limit: limit)
        batch.time = max(batch.time, answer.time)
        batch.looks.append(AuditLook(time: answer.time, sent: sent, received: self.meter.elapsed))
        return answer.accounts
    }

    private func take(_ entries: [ByteBuffer], into check: inout AccountCheck) {
        for packed in entries {
            guard let entry = check.read(packed), entry.kind.isPayment else { continue }
            self.tap?.payment(check.account, entry)
        }
        self.meter.add("entries", entries.count)
    }

    /// Reads what the first answer had no room for.
    private func readRest(of check: inout AccountCheck, into batch: inout Batch) async throws(AuditError) {
        guard check.count < check.length else { return }
        while check.count < check.length {
            let limit = min(LedgerAudit.sliceLimit, check.length - check.count)
            let snapshots = try await self.read([check.account], first: check.count, limit: limit, into: &batch)
            guard let entries = snapshots.first?.entries, !entries.isEmpty else { break }
            self.take(entries, into: &check)
        }
        let last = try await self.read([check.account], first: max(check.count - 1, 0), limit: 1, into: &batch).first
        if check.count < check.length || last?.entries.first != check.lastPacked {
            let found = "\(last?.length ?? 0) of \(check.length)"
            check.tell(.rewritten, check.entriesKey, at: Int64(check.count), "entries that stay as they are", found)
        }
    }

    // MARK: References

    /// Compares the hash of references with the entries.
    ///
    /// A reference stays for ever once an entry has it, so each that was read with an entry must be in a hash that is
    /// read later. The other way round is ``settle(_:of:)``.
    private func checkReferences(of check: inout AccountCheck) async throws(AuditError) {
        // A hash that was not there held nothing at the instant of the snapshot.
        guard !check.references.isEmpty || check.referencesType == "hash" else { return }
        let key = LedgerKeys.references(check.account)
        var missing = Set(check.references.keys)
        var strays: [String: String] = [:]
        // A key of a wrong type was told already, and cannot be read.
        if check.referencesType == "hash" {
            try await self.reader.fields(key) { reference, found in
                if let expected = check.references[reference] {
                    missing.remove(reference)
                    if expected != found { check.tell(.referenceWrong, key, "\(reference): \(expected)", found) }
                } else {
                    strays[reference] = found
                }
                return true
            }
        }
        if let reference = missing.min(), check.referencesType == "hash" || check.referencesType == "none" {
            let expected = "\(reference): \(check.references[reference] ?? "")"
            check.tell(.referenceMissing, key, expected, "\(missing.count) missing")
        }
        if !strays.isEmpty { try await self.settle(strays, of: &check) }
    }

    /// Looks for the transactions of references that no entry had when the account was read.
    ///
    /// Most belong to entries that came since. For the rest it is asked first, whether an operation with that id waits;
    /// then, whether an entry has come; at last, whether the reference still leads there. An operation's record goes
    /// only when its entry is there, or its reference is gone: one that misses all three was nobody's the whole time.
    private func settle(_ strays: [String: String], of check: inout AccountCheck) async throws(AuditError) {
        var strays = strays
        var later: [String: String] = [:]
        let length = try await self.readLater(from: check.length, of: check.account, into: &later)
        strays = strays.filter { later[$0.key] != $0.value }
        guard !strays.isEmpty else { return }
        let waiting = try await self.waiting(strays, of: check.account)
        _ = try await self.readLater(from: length, of: check.account, into: &later)
        let key = LedgerKeys.references(check.account)
        for (reference, id) in strays.sorted(by: { $0.key < $1.key })
        where !waiting.contains(reference) && later[reference] != id {
            let now = try await self.reader.send(RedisCommand("HGET", .key(key), .text(reference)))
            guard now.string == id else { continue }
            check.tell(.referenceStray, key, "a transaction of the account", "\(reference): \(id)")
            // One is told for an account, so the others need no look.
            return
        }
    }

    /// Notes the references of entries behind the first `start`; returns how many entries there are.
    private func readLater(
        from start: Int,
        of account: Account,
        into references: inout [String: String]
    ) async throws(AuditError) -> Int {
        var (first, length) = (start, start)
        repeat {
            guard let answer = try await self.reader.accounts([account], first: first).accounts.first else { break }
            // Only up to where the first look ended: a busy account has no end.
            length = first == start ? answer.length : length
            for packed in answer.entries {
                // An entry that cannot be read is told by the next audit: it came after this one.
                guard let entry = Entry(packed: String(buffer: packed)), let name = entry.reference else { continue }
                references[name] = entry.transactionID(account.user)
            }
            first += answer.entries.count
            if answer.entries.isEmpty { break }
        } while first < length
        return max(first, start)
    }

    /// The strays whose operation has a record.
    private func waiting(_ strays: [String: String], of account: Account) async throws(AuditError) -> Set<String> {
        let prefix = "\(account.user.text)."
        var waiting: Set<String> = []
        for (reference, id) in strays where id.hasPrefix(prefix) && Int64(id.dropFirst(prefix.count)) == nil {
            let key = LedgerKeys.operation(account.shard, id: String(id.dropFirst(prefix.count)))
            let reply = try await self.reader.send(RedisCommand("EXISTS", .key(key)))
            if reply.integerValue == 1 { waiting.insert(reference) }
        }
        return waiting
    }
}
