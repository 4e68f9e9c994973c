package import Coordination
package import RESP

/// A payment's record and its places in its shard's sets, all at one instant.
package struct AuditedPayment: Hashable, Sendable {
    package let id: PaymentID
    /// When it was read.
    package let time: ServerTime
    /// As Redis names it; `none` for a key that is not there.
    package let type: String
    /// `nil` when what is there is no payment.
    package let payment: Payment?
    /// The record's names and values, for people.
    package let text: String
    package let expires: Bool
    /// When a sweeper looks at it, in milliseconds since 1970; `nil` when none will.
    package let open: Int64?
    package let isDead: Bool
    package let isInFlight: Bool

    /// Reads one part of the answer of `payments_audit_records.lua`; `nil` for anything else.
    package init?(_ id: PaymentID, _ reply: RESPValue, at time: ServerTime) {
        guard let parts = reply.array, parts.count == 6, let type = parts[0].string, let values = parts[1].array,
            let left = parts[2].integerValue
        else { return nil }
        self.id = id
        self.time = time
        self.type = type
        self.payment = Payment(id, parts[1])
        self.text = zip(Payment.Record.names, values).map { "\($0)=\($1.string ?? "")" }.joined(separator: " ")
        self.expires = left >= 0
        self.open = parts[3].string.map { Double($0).flatMap { Int64(exactly: $0.rounded()) } ?? 0 }
        self.isDead = parts[4].string != nil
        self.isInFlight = parts[5].string != nil
    }

    package var key: String { PaymentKeys.payment(self.id.home, id: self.id.text) }

    package var isThere: Bool { self.type != "none" }

    /// Whether somebody will clean up behind it, or should have until a moment ago.
    package func isSwept(within grace: Duration) -> Bool {
        guard let open = self.open else { return false }
        return open >= self.time.milliseconds - Int64(grace / .milliseconds(1))
    }
}
