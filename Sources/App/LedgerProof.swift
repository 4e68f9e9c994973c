import Evidence
import Ledger

/// The proof that the ledger is whole, for people.
package struct LedgerProof: Sendable {
    private let configuration: AppConfiguration

    package init(_ configuration: AppConfiguration) {
        self.configuration = configuration
    }

    /// Audits the configured currency, or all that are in Redis.
    ///
    /// `tell` gets a line on how far it is, at most once a second.
    package func run(
        isJSON: Bool,
        hasAllCurrencies: Bool,
        _ tell: @Sendable @escaping (String) -> Void
    ) async throws -> ProofOutcome {
        let currency = hasAllCurrencies ? nil : self.configuration.ledger.currency
        return try await OneShot.run(self.configuration, waiting: tell) { redis in
            let report = try await LedgerAudit(redis: redis, currency: currency).run { progress in
                tell("\(progress)  \(Int(progress.rate("entries")))/s")
            }
            return ProofOutcome(text: isJSON ? report.json : report.text, code: report.exitCode)
        }
    }
}
