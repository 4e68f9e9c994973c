import Coordination
import Ledger
import NIOCore

/// A key of this feature, or of a lock, as it was found.
enum PaymentsAuditKey: Hashable, Sendable {
    /// A payment's record in its own shard.
    case payment(PaymentID)
    case lock(Account)
    case waiters(Account)
    /// A payment's record in another shard.
    case misplaced(String, PaymentID)
    /// Nothing that this feature would write.
    case unknown(String)
    /// Some other key that the pattern finds, too.
    case other

    /// What `SCAN` is asked for: payments, locks and queues of all shards, and of tags that are none.
    ///
    /// One pattern, because each more would walk all of Redis once more.
    static let pattern: String = {
        let example = PaymentKeys.open(Shard(ofUser: ""))
        return "\(example.prefix { $0 != "{" }){s*}:[plw][ao][yci]*"
    }()

    init(_ bytes: ByteBuffer) {
        self.init(name: String(buffer: bytes))
    }

    init(name: String) {
        let parts = name.split(separator: ":", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4 else {
            self = .other
            return
        }
        let rest = String(parts[3])
        switch parts[2] {
        case "payment":
            guard let id = PaymentID(rest) else {
                self = .unknown(name)
                return
            }
            self = PaymentKeys.payment(id.home, id: rest) == name ? .payment(id) : .misplaced(name, id)
        case "lock", "waiters":
            guard let account = Account(id: rest) else {
                self = .other
                return
            }
            if LedgerKeys.lock(account) == name {
                self = .lock(account)
            } else {
                self = LedgerKeys.waiters(account) == name ? .waiters(account) : .other
            }
        default: self = .other
        }
    }
}
