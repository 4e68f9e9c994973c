package import Coordination
package import NIOCore
import Redis

/// A key of the ledger as it was found, and what it belongs to.
package enum AuditKey: Hashable, Sendable {
    /// A key of this account, in the account's shard.
    case account(Account)
    /// The outside world of a shard, in this currency.
    case world(Shard, Currency)
    /// What is on its way between this shard and others, in this currency.
    case transit(Shard, Currency)
    /// A key of this account in another shard than its own.
    case misplaced(String, Account)
    /// Nothing that the ledger would write.
    case unknown(String)

    /// What `SCAN` is asked for: the accounts, entries and references of all shards, and of tags that are none.
    ///
    /// One pattern, because each more would walk all of Redis once more.
    package static let pattern: String = {
        let example = LedgerKeys.due(Shard(ofUser: ""))
        return "\(example.prefix { $0 != "{" }){s*}:[aer][cne][ctf]*"
    }()

    package init(_ bytes: ByteBuffer) {
        guard let name = bytes.getString(at: bytes.readerIndex, length: bytes.readableBytes),
            name.utf8.elementsEqual(bytes.readableBytesView)
        else {
            self = .unknown(String(buffer: bytes))
            return
        }
        self.init(name: name)
    }

    package init(name: String) {
        self = Self.read(name) ?? .unknown(name)
    }

    private static func read(_ name: String) -> AuditKey? {
        let words = (name.split(separator: ":", omittingEmptySubsequences: false).last ?? "").split(
            separator: "/",
            omittingEmptySubsequences: false
        )
        guard words.count == 2, let currency = Currency(code: String(words[1])) else { return nil }
        let tag = RedisKey.hashTag(of: name)
        if let shard = Shard.all.first(where: { $0.tag == tag }) {
            if LedgerKeys.world(shard, currency) == name { return .world(shard, currency) }
            if LedgerKeys.transit(shard, currency) == name { return .transit(shard, currency) }
        }
        guard let user = UserID(words[0]) else { return nil }
        let account = Account(user, currency)
        let names = [LedgerKeys.account(account), LedgerKeys.entries(account), LedgerKeys.references(account)]
        if names.contains(name) { return .account(account) }
        let moved = name.replacing("{\(tag)}", with: "{\(account.shard.tag)}", maxReplacements: 1)
        return names.contains(moved) ? .misplaced(name, account) : nil
    }
}
