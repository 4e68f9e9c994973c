package import Coordination

/// What a caller wants added, checked as far as it can be without asking Redis.
package struct AddOrder: Hashable, Sendable {
    /// What `If-Match` says of the account's sequence.
    package enum Precondition: Hashable, Sendable {
        case none
        /// The account has at least one entry.
        case exists
        case sequences([Int64])
    }

    package let account: Account
    package let amount: Money
    package let reference: String?
    package var precondition = Precondition.none
    package var claim: IdempotencyClaim?
    /// Of the request that brings it: an answer that is kept names it.
    package var requestID = ""

    package init(_ account: Account, amount: Money, reference: String?) {
        self.account = account
        self.amount = amount
        self.reference = reference
    }

    /// The body in one spelling, for the idempotency key's fingerprint.
    package var canonical: String {
        "amount=\(self.amount.minorUnits) \(self.account.currency.code)\nreference=\(self.reference ?? "")"
    }
}

/// What became of an order.
package struct AddResult: Hashable, Sendable {
    package enum Outcome: Hashable, Sendable {
        case added(Entry)
        /// It waits for its turn.
        case queued(operation: String)
        /// It waits, and was answered so for good.
        case accepted(operation: String)
        case refused(Refusal)
    }

    package let outcome: Outcome
    /// Whether the answer is an earlier one.
    package let isReplay: Bool
    package let durability: Durability
    package let replicas: Int
}

/// A refusal that belongs to the order and not to the moment: it is kept under the idempotency key.
package struct Refusal: Hashable, Sendable {
    package enum Reason: String, Hashable, Sendable {
        case preconditionFailed = "precondition-failed"
        case duplicateReference = "duplicate-reference"
        case balanceOverflow = "balance-overflow"
    }

    package let reason: Reason
    /// The account's sequence, or the transaction that has the reference.
    package let detail: String
    /// The request that was refused first.
    package let requestID: String

    package init(reason: Reason, detail: String, requestID: String) {
        self.reason = reason
        self.detail = detail
        self.requestID = requestID
    }
}
