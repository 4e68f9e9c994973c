import Synchronization

/// Remembers what every change is called, once all have been asked for again.
package final class MixedNames: ChangeWatcher {
    private let plan: MixedAgainPlan
    private let records = Mutex<[Int: MixedBook.Record]>([:])

    package init(_ plan: MixedAgainPlan) { self.plan = plan }

    /// By the number of the request.
    package var taken: [Int: MixedBook.Record] { self.records.withLock { $0 } }

    package func sent(_ number: Int, at now: Int64) {}

    package func ended(_ number: Int, _ ending: ExchangeEnding, _ outcome: ChangeOutcome, at now: Int64) {
        guard case .accepted(let receipt) = outcome else { return }
        self.records.withLock { records in
            records[self.plan.number(number)] = MixedBook.Record(
                sentAt: now,
                name: receipt.transactionID,
                body: receipt.body
            )
        }
    }
}
