import Coordination
package import Ledger
import RESP

/// One change of a payment, as a user's shard tells it.
package struct PaymentEvent: Hashable, Sendable {
    /// Where it stands in the shard's stream: clients name it to go on behind it.
    package let id: EventID
    package let payment: PaymentID
    /// The user's account to which it is told: the payer's, and the payee's once the money is there.
    package let account: Account
    package let state: Payment.State
    package let reason: String

    /// Reads a stream entry; `nil` when it is no event.
    init?(entry: RESPValue) {
        guard let entry = StreamEntry(entry), let id = EventID(entry.id),
            let payment = entry.fields["payment"].flatMap({ PaymentID($0) }),
            let account = entry.fields["account"].flatMap({ Account(id: $0) }),
            let state = entry.fields["state"].flatMap(Payment.State.init(rawValue:))
        else { return nil }
        self.id = id
        self.payment = payment
        self.account = account
        self.state = state
        self.reason = entry.fields["reason"] ?? ""
    }
}

/// The id of an entry of a stream: milliseconds and a number.
package struct EventID: Hashable, Comparable, Sendable {
    package let milliseconds: UInt64
    package let number: UInt64

    package static let zero = EventID(milliseconds: 0, number: 0)

    private init(milliseconds: UInt64, number: UInt64) {
        self.milliseconds = milliseconds
        self.number = number
    }

    /// Reads `1763690100123-0`; `nil` for anything else.
    package init?(_ text: some StringProtocol) {
        let words = text.split(separator: "-", omittingEmptySubsequences: false)
        guard words.count == 2, let milliseconds = UInt64(words[0]), let number = UInt64(words[1]),
            text == "\(milliseconds)-\(number)"
        else { return nil }
        self.init(milliseconds: milliseconds, number: number)
    }

    package var text: String { "\(self.milliseconds)-\(self.number)" }

    package static func < (one: EventID, other: EventID) -> Bool {
        (one.milliseconds, one.number) < (other.milliseconds, other.number)
    }
}
