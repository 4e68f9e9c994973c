import Coupons
import Evidence

/// The proof that exactly as many coupons were issued as campaigns allow, for people.
package struct CouponsProof: Sendable {
    private let configuration: AppConfiguration

    package init(_ configuration: AppConfiguration) {
        self.configuration = configuration
    }

    /// Audits one campaign, or all of them.
    ///
    /// `tell` gets a line on how far it is, at most once a second.
    package func run(
        isJSON: Bool,
        campaign: Int64? = nil,
        _ tell: @Sendable @escaping (String) -> Void
    ) async throws -> ProofOutcome {
        let keys = self.configuration.coupons.codeKeys
        return try await OneShot.run(self.configuration, waiting: tell) { redis in
            var options = CouponsAudit.Options()
            options.campaign = campaign
            let report = try await CouponsAudit(redis: redis, keys: keys, options).run { progress in
                tell("\(progress)")
            }
            return ProofOutcome(text: isJSON ? report.json : report.text, code: report.exitCode)
        }
    }
}
