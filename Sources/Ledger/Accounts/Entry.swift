package import Coordination
import Nettle

/// One change of one account, as it lies in Redis: nine words with a space between.
///
///     sequence operation token amount balance kind created_ms reference chain
///
/// The first eight are the entry's body. `chain` is the SHA-1 in hexadecimal of the previous entry's chain, a space and
/// the body; before the first entry stands the account's id. SHA-1 because Redis's scripts have no other hash: it finds
/// accidents and casual edits, not an attacker who can compute it anew.
package struct Entry: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        /// From the outside world.
        case add
        /// A payment that leaves this account; the amount has a minus.
        case debit
        /// A payment that comes in.
        case credit
        /// A payment that left and could not come in, given back.
        case back = "return"

        /// Whether the entry's operation is a payment.
        package var isPayment: Bool { self != .add }
    }

    /// Counts from 1 without gaps.
    package let sequence: Int64
    /// The payment that made it, or the add that had to wait for the account; `nil` for an add that happened at once.
    package let operation: String?
    /// The fencing token of the lock under which it was written; larger than that of every earlier entry.
    package let token: Int64
    package let amount: Money
    /// The account's balance after it.
    package let balance: Money
    package let kind: Kind
    /// By Redis's clock; never before the entry's predecessor.
    package let created: ServerTime
    package let reference: String?
    package let chain: String

    package init(
        sequence: Int64,
        operation: String?,
        token: Int64,
        amount: Money,
        balance: Money,
        kind: Kind,
        created: ServerTime,
        reference: String?,
        chain: String
    ) {
        self.sequence = sequence
        self.operation = operation
        self.token = token
        self.amount = amount
        self.balance = balance
        self.kind = kind
        self.created = created
        self.reference = reference
        self.chain = chain
    }

    /// Reads a packed entry; `nil` when it is not one.
    package init?(packed: String) {
        let words = packed.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 9, let sequence = Int64(words[0]), let token = Int64(words[2]),
            let amount = Int64(words[3]), let balance = Int64(words[4]), let kind = Kind(rawValue: String(words[5])),
            let created = Int64(words[6]), words[7] == "-" || words[7].hasPrefix("="), !words[1].isEmpty
        else { return nil }
        self.init(
            sequence: sequence,
            operation: words[1] == "-" ? nil : String(words[1]),
            token: token,
            amount: Money(minorUnits: amount),
            balance: Money(minorUnits: balance),
            kind: kind,
            created: ServerTime(milliseconds: created),
            reference: words[7] == "-" ? nil : String(words[7].dropFirst()),
            chain: String(words[8])
        )
    }

    /// The text that the chain's hash covers.
    package var body: String {
        "\(self.sequence) \(self.operation ?? "-") \(self.token) \(self.amount.minorUnits) \(self.balance.minorUnits) "
            + "\(self.kind.rawValue) \(self.created.milliseconds) \(self.reference.map { "=" + $0 } ?? "-")"
    }

    /// The chain that an entry with this body must have.
    package static func chain(after previous: String, body: String) -> String {
        Nettle.hexadecimal(Nettle.sha1(Array("\(previous) \(body)".utf8)))
    }

    /// The name of the change for clients: its user, and the add's operation or the sequence.
    package func transactionID(_ user: UserID) -> String {
        "\(user.text).\((self.kind.isPayment ? nil : self.operation) ?? String(self.sequence))"
    }

    package var paymentID: String? { self.kind.isPayment ? self.operation : nil }
}
