import Ledger
import Logging
import NIOPosix
import Redis

/// The proof that the ledger is whole, for people.
package struct LedgerProof: Sendable {
    /// What to print, and what to end with.
    package struct Outcome: Sendable {
        package let text: String
        package let exitCode: Int32
    }

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
    ) async throws -> Outcome {
        let redis = RedisNode(
            configuration: self.configuration.redis,
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "tally.redis") { _ in SwiftLogNoOpLogHandler() }
        )
        let audit = LedgerAudit(
            redis: redis,
            currency: hasAllCurrencies ? nil : self.configuration.ledger.currency
        )
        return try await withThrowingTaskGroup(of: Outcome?.self) { group in
            group.addTask {
                do { try await redis.run() } catch {
                    tell("\(error)")
                    return Outcome(text: "", exitCode: 2)
                }
                return nil
            }
            group.addTask { await Self.outcome(of: audit, isJSON: isJSON, tell) }
            defer { group.cancelAll() }
            while let outcome = try await group.next() {
                if let outcome { return outcome }
            }
            // Only when this process was asked to end.
            throw CancellationError()
        }
    }

    private static func outcome(
        of audit: LedgerAudit,
        isJSON: Bool,
        _ tell: @Sendable @escaping (String) -> Void
    ) async -> Outcome {
        do throws(AuditError) {
            let report = try await audit.run { progress in
                tell(
                    "\(progress.keys) keys  \(progress.accounts) accounts  \(progress.entries) entries  "
                        + "\(Int(progress.rate))/s"
                )
            }
            return Outcome(text: isJSON ? report.json : report.text, exitCode: report.exitCode)
        } catch {
            tell("\(error)")
            return Outcome(text: "", exitCode: error.exitCode)
        }
    }
}
