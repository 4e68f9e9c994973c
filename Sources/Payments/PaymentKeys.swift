package import Coordination
import Evidence
package import Ledger

/// Every Redis key of this feature.
///
/// `docs/keys.md` lists them. A payment lives in its payer's shard, its home, whose tag its id begins with.
package enum PaymentKeys {
    // MARK: One payment

    /// Hash: what the payment is and where it stands.
    package static func payment(_ shard: Shard, id: String) -> String { "tally:{\(shard.tag)}:payment:\(id)" }

    /// String `credited` or `refused`: what became of a credit that came from another shard.
    package static func creditMark(_ shard: Shard, id: String) -> String {
        "tally:{\(shard.tag)}:payment_credit:\(id)"
    }

    // MARK: One user

    /// Sorted set of the user's payments, by when they were made.
    package static func list(_ account: Account) -> String {
        "tally:{\(account.shard.tag)}:payments_of:\(account.id)"
    }

    // MARK: One shard

    /// Sorted set of payments that have not ended, by when to look at them.
    package static func open(_ shard: Shard) -> String { "tally:{\(shard.tag)}:payments:open" }

    /// Sorted set of payments that workers gave up on, by when they did.
    package static func dead(_ shard: Shard) -> String { "tally:{\(shard.tag)}:payments:dead" }

    /// Sorted set of payments whose money has left the payer and not yet arrived.
    package static func flight(_ shard: Shard) -> String { "tally:{\(shard.tag)}:payments:flight" }

    /// Stream with a consumer group: payments that have both locks.
    package static func locked(_ shard: Shard) -> String { "tally:{\(shard.tag)}:payments:locked" }

    /// Stream: what became of payments, for those who watch.
    package static func events(_ shard: Shard) -> String { "tally:{\(shard.tag)}:payments:events" }

    /// Stream of webhooks that are to be delivered.
    package static func outbox(_ shard: Shard) -> String { "tally:{\(shard.tag)}:payments:outbox" }

    /// Stream of webhooks that could not be delivered.
    package static func outboxDead(_ shard: Shard) -> String { "tally:{\(shard.tag)}:payments:outbox_dead" }

    // MARK: The role of delivering webhooks

    /// Hash: who delivers them.
    package static let webhookLease = "{tally:payments:webhooks}:lease"

    /// The counter of that role's fencing tokens.
    package static let webhookLeaseToken = "{tally:payments:webhooks}:lease_token"
}

// MARK: Reading

extension PaymentKeys {
    /// The owner of a key that an audit looks at.
    package enum Owner: Hashable, Sendable {
        /// A payment's record in its own shard.
        case payment(PaymentID)
        case lock(Account)
        case waiters(Account)
        /// A payment's record in another shard.
        case misplaced(PaymentID)
        /// Some other key that the pattern finds, too.
        case other
    }

    /// The pattern for `SCAN` that finds payments, locks and queues of all shards, and of tags that are none.
    package static let pattern =
        Account(id: "gopal/USD").map {
            let (lock, waiters) = (LedgerKeys.lock($0), LedgerKeys.waiters($0))
            return KeyName.pattern(tags: "s*", of: Self.payment($0.shard, id: ""), lock, waiters)
        } ?? ""

    private static let recordName = Shard(tag: "s00").flatMap { KeyName(Self.payment($0, id: "")) }?.name

    /// `nil` for a record of no payment.
    package static func owner(of key: String) -> Owner? {
        guard let name = KeyName(key) else { return .other }
        if name.name == Self.recordName {
            return PaymentID(name.rest).map {
                key == Self.payment($0.home, id: $0.text) ? .payment($0) : .misplaced($0)
            }
        }
        guard let account = Account(id: name.rest) else { return .other }
        if name.isOne(of: LedgerKeys.lock(account)) { return .lock(account) }
        return name.isOne(of: LedgerKeys.waiters(account)) ? .waiters(account) : .other
    }
}
