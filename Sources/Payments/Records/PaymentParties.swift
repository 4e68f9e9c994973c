package import Ledger

/// A payment and its two accounts: what its scripts' keys are made of.
package struct PaymentParties: Hashable, Sendable {
    package let id: PaymentID
    package let from: Account
    package let to: Account

    package init(_ id: PaymentID, from: Account, to: Account) {
        self.id = id
        self.from = from
        self.to = to
    }

    init(_ payment: Payment) {
        self.init(payment.id, from: payment.from, to: payment.to)
    }
}
