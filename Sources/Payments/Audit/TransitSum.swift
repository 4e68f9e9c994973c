import Coordination
import Evidence
import Ledger

/// Compares the sum on its way that the shards tell with the one that the payments tell.
///
/// One script reads the balances of all shards and the payments in flight, at one instant: a cut. A payment leaves the
/// flight a while after its credit, so each is asked whether its credit is older than the cut; accounts are read behind
/// the cut, so a credit that is not there was not. One of the cut's own millisecond spoils the cut. As with a shard's
/// sum, a difference that rests on times is a violation only when it comes back the same at a later cut and nothing
/// hints at a clock that was set.
struct TransitSum {
    private static let tries = 10
    private static let pause = Duration.milliseconds(10)

    struct Outcome {
        var violations: [Violation<PaymentsAudit.Kind>] = []
        var undecided: [Undecided] = []
    }

    private enum Verdict {
        case sums([Currency: Int128])
        /// It cannot be told this time, for this reason.
        case unclear(String)
        case hopeless(String)
    }

    private let reader: StoreReader
    private let marks: PaymentMarks
    private let meter: AuditMeter
    private var clock = AuditClock()

    init(reader: StoreReader, marks: PaymentMarks, meter: AuditMeter) {
        self.reader = reader
        self.marks = marks
        self.meter = meter
    }

    mutating func run(_ currencies: [Currency]) async throws(AuditError) -> Outcome {
        var outcome = Outcome()
        var open = currencies
        var suspects: [Currency: Int128] = [:]
        var reason = "it kept changing"
        for number in 0..<Self.tries where !open.isEmpty {
            if number > 0 { try await StoreReader.wait(Self.pause * number) }
            switch try await self.look(open) {
            case .unclear(let why): (reason, suspects) = (why, [:])
            case .hopeless(let why):
                reason = why
                outcome.undecided += open.map { Self.undecided($0, reason) }
                return outcome
            case .sums(let sums):
                let differences = sums.filter { $0.value != 0 }
                let sure = differences.filter { suspects[$0.key] == $0.value }
                for (currency, difference) in sure.sorted(by: { $0.key.code < $1.key.code }) {
                    outcome.violations.append(Self.violation(currency, difference))
                }
                open = open.filter { differences[$0] != nil && sure[$0] == nil }
                (reason, suspects) = ("it is off, but not twice in a row by as much", differences)
            }
        }
        outcome.undecided += open.map { Self.undecided($0, reason) }
        return outcome
    }

    /// By how much each currency is off at one instant.
    private mutating func look(_ currencies: [Currency]) async throws(AuditError) -> Verdict {
        var isAhead = false
        let sent = self.meter.elapsed
        guard let flight = try await self.reader.flight(currencies) else {
            return .hopeless("Redis does not read all shards at one instant")
        }
        self.clock.saw(AuditLook(time: flight.time, sent: sent, received: self.meter.elapsed))
        guard var sums = flight.sums else { return .hopeless("what is on its way cannot be read") }
        guard let names = flight.payments else { return .unclear("too many payments are on their way") }
        let records = try await self.reader.records(names.compactMap { PaymentID($0) })
        var behind: [Account: ServerTime] = [:]
        for name in names {
            guard let id = PaymentID(name), let payment = records[id]?.payment else {
                return .hopeless("\(name) is on its way and no payment")
            }
            guard currencies.contains(payment.from.currency) else { continue }
            if behind[payment.to] == nil {
                behind[payment.to] = try await self.reader.catchUp(payment.to, self.marks)
            }
            let credit = self.marks.trace(of: id).credit.map { ServerTime(milliseconds: $0.created) }
            if let credit {
                if credit == flight.time { return .unclear("too many changes in one millisecond") }
                if credit > behind[payment.to] ?? credit { isAhead = true }
            }
            if credit.map({ $0 > flight.time }) ?? true {
                sums[payment.from.currency, default: 0] -= Int128(payment.amount.minorUnits)
            }
        }
        if sums.values.contains(where: { $0 != 0 }), !names.isEmpty, isAhead || !self.clock.isEven {
            return .unclear("Redis's clock was set back")
        }
        return .sums(sums)
    }

    private static func violation(_ currency: Currency, _ difference: Int128) -> Violation<PaymentsAudit.Kind> {
        Violation(.transitSumWrong, Self.key(currency), "as much as the payments in flight", "\(difference) more")
    }

    private static func undecided(_ currency: Currency, _ reason: String) -> Undecided {
        Undecided(Self.key(currency), reason)
    }

    /// For all shards: the name without the tag.
    private static func key(_ currency: Currency) -> String {
        let shard = Shard(ofUser: "")
        return LedgerKeys.transit(shard, currency).replacing("{\(shard.tag)}", with: "{*}")
    }
}
