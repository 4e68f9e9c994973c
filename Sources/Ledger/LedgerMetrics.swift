import CoreMetrics

/// How adds ended: `tally_ledger_adds_total` by outcome.
struct LedgerMetrics: Sendable {
    private let added = Self.counter("added")
    private let replayed = Self.counter("replayed")
    private let accepted = Self.counter("accepted")
    private let refused = Self.counter("refused")
    private let keyReused = Self.counter("key_reused")
    private let busy = Self.counter("busy")
    private let notDurable = Self.counter("not_durable")
    private let failed = Self.counter("failed")
    /// Adds that found their account held.
    private let waited = Counter(label: "tally_ledger_waited_total")

    private static func counter(_ outcome: String) -> Counter {
        Counter(label: "tally_ledger_adds_total", dimensions: [("outcome", outcome)])
    }

    func ended(_ result: Result<AddResult, LedgerError>) {
        switch result {
        case .success(let result): self.ended(result)
        case .failure(let error): self.failed(error)
        }
    }

    private func ended(_ result: AddResult) {
        if result.isReplay { return self.replayed.increment() }
        switch result.outcome {
        case .added: self.added.increment()
        case .queued, .accepted: self.accepted.increment()
        case .refused: self.refused.increment()
        }
    }

    private func failed(_ error: LedgerError) {
        switch error {
        case .idempotencyKeyReused: self.keyReused.increment()
        case .accountBusy: self.busy.increment()
        case .appliedNotDurable: self.notDurable.increment()
        case .userInvalid, .amountInvalid, .amountOutOfRange, .referenceInvalid, .pageInvalid, .transactionInvalid,
            .transactionUnknown, .store, .deadlineExceeded, .storeUnsafe, .storeInconsistent:
            self.failed.increment()
        }
    }

    func waits() { self.waited.increment() }
}
