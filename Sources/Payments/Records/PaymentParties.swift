import Coordination
package import Ledger
import RESP

/// A payment and its two accounts: the keys of its scripts are made of these.
package struct PaymentParties: Hashable, Sendable {
    package let id: PaymentID
    package let from: Account
    package let to: Account

    /// The fields of the record that name them.
    enum Field: String, Hashable, Sendable, CaseIterable {
        case from, to
    }

    typealias Record = NamedWords<Field, RESPValue>

    package init(_ id: PaymentID, from: Account, to: Account) {
        self.id = id
        self.from = from
        self.to = to
    }

    init(_ payment: Payment) {
        self.init(payment.id, from: payment.from, to: payment.to)
    }

    /// Reads the answer of `HMGET` with the names of ``Field``; `nil` when it is of no payment.
    init?(_ id: PaymentID, _ reply: RESPValue) {
        guard let record = Record(reply.array), let from = record[.from].string.flatMap({ Account(id: $0) }),
            let to = record[.to].string.flatMap({ Account(id: $0) })
        else { return nil }
        self.init(id, from: from, to: to)
    }
}
