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

    /// The fields of the record, in the order in which ``init(_:_:)`` reads them.
    static let fields = [
        "state", "from", "to", "amount", "description", "created", "locked", "finished", "not_before", "reason",
        "attempts", "reverses", "dead", "order", "token_from", "token_to", "event",
    ]

    /// Reads the answer of `HMGET` with ``fields``; `nil` when it is no payment.
    init?(_ id: PaymentID, _ reply: RESPValue) {
        guard let values = reply.array, values.count == Self.fields.count,
            let state = values[0].string.flatMap(State.init(rawValue:)),
            let from = values[1].string.flatMap({ Account(id: $0) }),
            let to = values[2].string.flatMap({ Account(id: $0) }), let amount = values[3].integerValue,
            let created = values[5].integerValue, let order = values[13].integerValue
        else { return nil }
        func time(_ index: Int) -> ServerTime? {
            guard let milliseconds = values[index].integerValue, milliseconds > 0 else { return nil }
            return ServerTime(milliseconds: milliseconds)
        }
        self.id = id
        self.state = state
        self.from = from
        self.to = to
        self.amount = Money(minorUnits: amount)
        self.description = values[4].string ?? ""
        self.created = ServerTime(milliseconds: created)
        self.locked = time(6)
        self.finished = time(7)
        self.notBefore = time(8)
        self.reason = values[9].string ?? ""
        self.attempts = values[10].integerValue ?? 0
        self.reverses = values[11].string.flatMap { PaymentID($0) }
        self.dead = values[12].string
        self.order = order
        self.tokenFrom = values[14].integerValue
        self.tokenTo = values[15].integerValue
        self.event = values[16].string ?? "0-0"
    }
}
