package import Coordination
import JSON
package import Ledger
import Web

/// The payment that a caller wants, checked as far as it can be without asking Redis.
package struct PaymentOrder: Hashable, Sendable {
    package let from: Account
    package let to: Account
    package let amount: Money
    /// The payer's words about it, or empty.
    package var description = ""
    /// Before this time nothing happens.
    package var notBefore: ServerTime?
    /// The URL that is told how it ended.
    package var callback: String?
    /// The payment that this one takes back.
    package var reverses: PaymentID?
    package var claim: IdempotencyClaim?
    /// Of the request that brings it.
    package var requestID = ""

    package init(from: Account, to: Account, amount: Money) {
        self.from = from
        self.to = to
        self.amount = amount
    }

    /// Most bytes of a description.
    package static let descriptionLimit = 500

    /// Reads the body of a request, without the callback's policy.
    init(body: JSONValue, _ ledger: Ledger) throws {
        var fields = try JSONFields(body)
        let from = try Self.account(fields.string("from_account"), ledger)
        let to = try Self.account(fields.string("to_account"), ledger)
        let amount = try Self.amount(fields.take("amount"), from.currency)
        let description = try fields.optionalString("description")
        let seeds = try fields.optionalString("payment_description")
        let notBefore = try fields.optionalString("not_before")
        let callback = try fields.optionalString("callback_url")
        try fields.finish()
        guard from != to else { throw PaymentsError.sameAccount }
        guard description == nil || seeds == nil else { throw JSONError.unknownField }
        self.init(from: from, to: to, amount: amount)
        self.description = try Self.description(description ?? seeds ?? "")
        self.notBefore = try notBefore.map { text throws(PaymentsError) in
            guard let time = ServerTime(rfc3339: text, rounding: .later) else { throw .notBeforeInvalid }
            return time
        }
        self.callback = callback
    }

    private static func account(_ text: String, _ ledger: Ledger) throws(PaymentsError) -> Account {
        guard let user = UserID(text) else { throw .accountInvalid }
        return ledger.account(user)
    }

    private static func amount(_ value: JSONValue?, _ currency: Currency) throws(PaymentsError) -> Money {
        switch value {
        case .number(let text), .string(let text):
            do { return try Money(amount: text, currency) } catch .invalid { throw .ledger(.amountInvalid) } catch {
                throw .ledger(.amountOutOfRange)
            }
        default: throw .ledger(.amountInvalid)
        }
    }

    private static func description(_ text: String) throws(PaymentsError) -> String {
        guard text.utf8.count <= Self.descriptionLimit,
            !text.unicodeScalars.contains(where: { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) })
        else { throw .descriptionInvalid }
        return text
    }

    /// This order as the request with this idempotency key of this caller.
    package func claim(caller: String, key: String, path: String = "/payments") -> IdempotencyClaim {
        IdempotencyClaim(
            caller: caller,
            key: key,
            method: "POST",
            path: path,
            canonical: self.canonical
        )
    }

    /// The order by the names of the record: it is written to the record, and the claim is made of it.
    ///
    /// The fingerprints of requests that came before are made of these in this order. A new field comes last, and is
    /// left out of an order that does not have it.
    package var fields: [(name: String, value: String)] {
        [
            ("from", self.from.id), ("to", self.to.id), ("amount", "\(self.amount.minorUnits)"),
            ("not_before", "\(self.notBefore?.milliseconds ?? 0)"), ("callback", self.callback ?? ""),
            ("reverses", self.reverses?.text ?? ""), ("description", self.description),
        ]
    }

    /// The request in one spelling, for the idempotency key's fingerprint.
    private var canonical: String { self.fields.map { "\($0.name)=\($0.value)" }.joined(separator: "\n") }
}
