import Coordination
package import Ledger
import Synchronization

/// The entries that each payment has left in accounts, as far as the accounts were read.
///
/// Entries are never changed and never go, so what is here stays true. It grows while accounts are read, by several
/// tasks at a time.
package final class PaymentMarks: Sendable {
    /// One entry of a payment.
    package struct Mark: Hashable, Sendable {
        package let kind: Entry.Kind
        /// The account's id.
        package let account: String
        package let sequence: Int64
        package let amount: Int64
        /// Milliseconds since 1970.
        package let created: Int64

        package var text: String {
            "\(self.kind.rawValue) of \(self.amount), entry \(self.sequence) of \(self.account)"
        }
    }

    /// The entries of one payment.
    package struct Trace: Hashable, Sendable {
        package var debit: Mark?
        package var credit: Mark?
        package var back: Mark?
        /// One more of a kind that was there.
        package var repeated: Mark?

        package init() {}

        package var all: [Mark] { [self.debit, self.credit, self.back].compactMap { $0 } }

        package mutating func add(_ mark: Mark) {
            switch mark.kind {
            case .debit where self.debit == nil: self.debit = mark
            case .credit where self.credit == nil: self.credit = mark
            case .back where self.back == nil: self.back = mark
            case .debit, .credit, .back: self.repeated = self.repeated ?? mark
            case .add: break
            }
        }
    }

    private struct State {
        var traces: [PaymentID: Trace] = [:]
        /// How many entries of each account were read.
        var lengths: [String: Int] = [:]
        var currencies: Set<Currency> = []
    }

    private let state = Mutex(State())

    package init() {}

    /// For an audit of the ledger, which reads all accounts.
    package var tap: AuditTap {
        AuditTap(
            payment: { account, entry in self.add(entry, of: account) },
            end: { account, length in self.end(account, at: length) }
        )
    }

    /// The trace of this payment's entries, as far as they are known.
    package func trace(of id: PaymentID) -> Trace { self.state.withLock { $0.traces[id] ?? Trace() } }

    package var payments: [PaymentID] { self.state.withLock { Array($0.traces.keys) } }

    package var currencies: Set<Currency> { self.state.withLock { $0.currencies } }

    /// How many entries of the account were read.
    package func length(of account: Account) -> Int { self.state.withLock { $0.lengths[account.id] ?? 0 } }

    /// Entries that name no payment are the ledger's audit's business.
    package func add(_ entry: Entry, of account: Account) {
        guard let id = entry.paymentID.flatMap({ PaymentID($0) }) else { return }
        let mark = Mark(
            kind: entry.kind,
            account: account.id,
            sequence: entry.sequence,
            amount: entry.amount.minorUnits,
            created: entry.created.milliseconds
        )
        self.state.withLock { $0.traces[id, default: Trace()].add(mark) }
    }

    package func end(_ account: Account, at length: Int) {
        self.state.withLock { state in
            state.lengths[account.id] = length
            state.currencies.insert(account.currency)
        }
    }
}
