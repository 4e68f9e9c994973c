package import Coordination
package import Ledger
import RESP

/// A payment as its record says.
package struct Payment: Hashable, Sendable {
    package enum State: String, Hashable, Sendable, CaseIterable {
        /// It waits for its turn, or its time.
        case pending
        /// It has both accounts' locks.
        case locked
        /// The money has left the payer's shard and is on its way.
        case debited
        case done
        case failed
        case cancelled
        /// The money came back, because the payee could not be paid.
        case returned

        /// Whether it stays so for ever.
        package var isTerminal: Bool {
            switch self {
            case .pending, .locked, .debited: false
            case .done, .failed, .cancelled, .returned: true
            }
        }

        /// The word for clients.
        package var status: String {
            switch self {
            case .debited: Self.locked.rawValue
            case .returned: Self.failed.rawValue
            default: self.rawValue
            }
        }
    }

    package let id: PaymentID
    package let state: State
    package let from: Account
    package let to: Account
    package let amount: Money
    package let description: String
    package let created: ServerTime
    package let locked: ServerTime?
    package let finished: ServerTime?
    package let notBefore: ServerTime?
    /// Why it failed.
    package let reason: String
    package let attempts: Int64
    package let reverses: PaymentID?
    /// Why it is a dead letter; `nil` while it is none.
    package let dead: String?
    /// Its place in queues.
    package let order: Int64
    /// Under which tokens it has, or had, its locks.
    package let tokenFrom: Int64?
    package let tokenTo: Int64?
    /// The last event in its shard's stream.
    package let event: String

    /// The fields of the record that are read here, in the order in which they are asked for.
    ///
    /// `payment.lua` names those that scripts read, ``PaymentOrder/fields`` those that come with the order.
    package enum Field: String, Hashable, Sendable, CaseIterable {
        case state, from, to, amount, description, created, locked, finished
        case notBefore = "not_before"
        case reason, attempts, reverses, dead, order
        case tokenFrom = "token_from"
        case tokenTo = "token_to"
        case event
    }

    typealias Record = NamedWords<Field, RESPValue>

    /// Reads the answer of `HMGET` with the names of ``Field``; `nil` when it is no payment.
    init?(_ id: PaymentID, _ reply: RESPValue) {
        guard let record = Record(reply.array), let state = record[.state].string.flatMap(State.init(rawValue:)),
            let from = record[.from].string.flatMap({ Account(id: $0) }),
            let to = record[.to].string.flatMap({ Account(id: $0) }), let amount = record[.amount].integerValue,
            let created = record[.created].integerValue, let order = record[.order].integerValue
        else { return nil }
        func time(_ field: Field) -> ServerTime? {
            guard let milliseconds = record[field].integerValue, milliseconds > 0 else { return nil }
            return ServerTime(milliseconds: milliseconds)
        }
        self.id = id
        self.state = state
        self.from = from
        self.to = to
        self.amount = Money(minorUnits: amount)
        self.description = record[.description].string ?? ""
        self.created = ServerTime(milliseconds: created)
        self.locked = time(.locked)
        self.finished = time(.finished)
        self.notBefore = time(.notBefore)
        self.reason = record[.reason].string ?? ""
        self.attempts = record[.attempts].integerValue ?? 0
        self.reverses = record[.reverses].string.flatMap { PaymentID($0) }
        self.dead = record[.dead].string
        self.order = order
        self.tokenFrom = record[.tokenFrom].integerValue
        self.tokenTo = record[.tokenTo].integerValue
        self.event = record[.event].string ?? "0-0"
    }
}
