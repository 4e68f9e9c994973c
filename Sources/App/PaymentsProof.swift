import Evidence
import Ledger
import Payments

/// The proof that payments and the ledger say the same, for people.
package struct PaymentsProof: Sendable {
    private let configuration: AppConfiguration

    package init(_ configuration: AppConfiguration) {
        self.configuration = configuration
    }

    /// Audits payments and ledger in the configured currency, or in all that are in Redis.
    ///
    /// With `isSettled` every payment must have ended. `tell` gets a line on how far it is, at most once a second.
    package func run(
        isJSON: Bool,
        hasAllCurrencies: Bool,
        isSettled: Bool = false,
        _ tell: @Sendable @escaping (String) -> Void
    ) async throws -> ProofOutcome {
        var options = PaymentsAudit.Options()
        options.currency = hasAllCurrencies ? nil : self.configuration.ledger.currency
        options.isSettled = isSettled
        options.keep = self.configuration.payments.payments.keep
        return try await OneShot.run(self.configuration, waiting: tell) { [options] redis in
            let report = try await PaymentsAudit(redis: redis, options).run { progress in
                tell("\(progress)")
            }
            return ProofOutcome(text: isJSON ? report.json : report.text, code: report.exitCode)
        }
    }
}
