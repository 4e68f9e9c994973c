import Coupons
import EthereumRPC
package import Evidence
import Faucet
import Ledger
import Logging
import Outbound
import Payments
import Redis

/// An audit as a command runs it: what it takes from the settings, and how it reads.
package struct AuditRun: Sendable {
    /// Gets a line for people, such as how far the audit is, at most once a second.
    package typealias Tell = @Sendable (String) -> Void
    private typealias Reading = @Sendable (RedisNode, @escaping Tell) async throws -> AuditOutcome

    /// Throws what is wrong with the settings before Redis is needed.
    private let prepare: @Sendable (AppConfiguration) throws -> Reading

    private init(_ prepare: @escaping @Sendable (AppConfiguration) throws -> Reading) {
        self.prepare = prepare
    }

    /// Reads all that it audits, and waits up to 30 s before for a Redis that is being restarted.
    package func run(_ configuration: AppConfiguration, _ tell: @escaping Tell) async throws -> AuditOutcome {
        let reading = try self.prepare(configuration)
        return try await CommandRedis.run(configuration, waiting: tell) { redis in try await reading(redis, tell) }
    }

    // MARK: The audits

    /// The ledger is whole: in the configured currency, or in all that are in Redis.
    package static func ledger(hasAllCurrencies: Bool = false) -> AuditRun {
        AuditRun { configuration in
            let currency = hasAllCurrencies ? nil : configuration.ledger.currency
            return { redis, tell in
                let audit = LedgerAudit(redis: redis, currency: currency)
                return AuditOutcome(try await audit.run { tell("\($0)  \(Int($0.rate("entries")))/s") })
            }
        }
    }

    /// Payments and the ledger say the same; with `isSettled` every payment must have ended.
    package static func payments(hasAllCurrencies: Bool = false, isSettled: Bool = false) -> AuditRun {
        AuditRun { configuration in
            var options = PaymentsAudit.Options()
            options.currency = hasAllCurrencies ? nil : configuration.ledger.currency
            options.isSettled = isSettled
            options.keep = configuration.payments.payments.keep
            return { [options] redis, tell in
                AuditOutcome(try await PaymentsAudit(redis: redis, options).run { tell("\($0)") })
            }
        }
    }

    /// The faucet's records and its chain say the same; with `isSettled` every distribution must be over.
    package static func faucet(isSettled: Bool = false) -> AuditRun {
        AuditRun { configuration in
            guard let rpc = configuration.faucet.rpc else {
                throw CommandFailure.unusable("no node to ask: name one with --rpc, or with the setting faucet.rpc")
            }
            var options = FaucetAudit.Options()
            options.isSettled = isSettled
            options.keep = configuration.faucet.faucet.keep
            let silent = Logger(label: "tally.rpc") { _ in SwiftLogNoOpLogHandler() }
            let outbound = OutboundClient(configuration: configuration.outbound, logger: silent)
            let nodes = EthereumNodes(configuration: rpc, outbound: outbound, logger: silent)
            return { [options] redis, tell in
                try await CommandRedis.beside(outbound.run) {
                    AuditOutcome(try await FaucetAudit(redis: redis, nodes: nodes, options).run { tell("\($0)") })
                }
            }
        }
    }

    /// Exactly as many coupons were issued as campaigns allow: of one campaign, or of all.
    package static func coupons(campaign: Int64? = nil) -> AuditRun {
        AuditRun { configuration in
            let keys = configuration.coupons.codeKeys
            return { redis, tell in
                var options = CouponsAudit.Options()
                options.campaign = campaign
                return AuditOutcome(try await CouponsAudit(redis: redis, keys: keys, options).run { tell("\($0)") })
            }
        }
    }

    /// No entry of the log of operators' actions was changed or left out.
    package static let adminLog = AuditRun { _ in { redis, _ in try await AdminRecord.audit(redis) } }
}

/// The output of an audit, and its verdict.
package struct AuditOutcome: Sendable {
    /// One JSON object, for programs.
    package let json: String
    /// For people.
    package let text: String
    package let verdict: Verdict

    init(json: String, text: String, verdict: Verdict) {
        self.json = json
        self.text = text
        self.verdict = verdict
    }

    init(_ report: some EvidenceReport) {
        self.init(json: report.json, text: report.text, verdict: report.verdict)
    }
}
