package import Coordination
import JSON
import Web

/// An add as its caller orders it, checked as far as it can be without asking Redis.
package struct AddOrder: Hashable, Sendable {
    /// The condition of `If-Match` and `If-None-Match` on the account's sequence.
    package struct Precondition: Hashable, Sendable {
        /// States of an account that a client names.
        package enum States: Hashable, Sendable {
            /// It has at least one entry.
            case any
            case sequences([Int64])
        }

        /// The account must be in one of these.
        package var match: States?
        /// The account must be in none of these.
        package var noneMatch: States?

        package static let none = Precondition(match: nil, noneMatch: nil)

        package init(match: States? = nil, noneMatch: States? = nil) {
            self.match = match
            self.noneMatch = noneMatch
        }
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

    /// Reads the body of a request.
    init(_ account: Account, body: JSONValue) throws {
        var fields = try JSONFields(body)
        let amount: Money
        switch fields.take("amount") {
        case .number(let text), .string(let text):
            do { amount = try Money(amount: text, account.currency) } catch .invalid {
                throw LedgerError.amountInvalid
            } catch { throw LedgerError.amountOutOfRange }
        default: throw LedgerError.amountInvalid
        }
        let reference = try fields.optionalString("reference")
        try fields.finish()
        if let reference {
            guard (1...128).contains(reference.utf8.count), reference.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
            else { throw LedgerError.referenceInvalid }
        }
        self.init(account, amount: amount, reference: reference)
    }

    /// This order as the request with this idempotency key of this caller.
    func claim(caller: String, key: String) -> IdempotencyClaim {
        IdempotencyClaim(
            caller: caller,
            key: key,
            method: "POST",
            path: "/users/\(self.account.user.text)/add",
            canonical: self.canonical
        )
    }

    /// The body in one spelling, for the idempotency key's fingerprint.
    package var canonical: String {
        "amount=\(self.amount.minorUnits) \(self.account.currency.code)\nreference=\(self.reference ?? "")"
    }
}

/// The result of an order.
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
