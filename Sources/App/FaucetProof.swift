import EthereumRPC
import Evidence
import Faucet
import Logging
import Outbound

/// The proof that the faucet's records and its chain say the same, for people.
package struct FaucetProof: Sendable {
    private let configuration: AppConfiguration

    package init(_ configuration: AppConfiguration) {
        self.configuration = configuration
    }

    /// Audits all records of the faucet.
    ///
    /// With `isSettled` every distribution must be over. `tell` gets a line on how far it is, at most once a second.
    package func run(
        isJSON: Bool,
        isSettled: Bool = false,
        _ tell: @Sendable @escaping (String) -> Void
    ) async throws -> ProofOutcome {
        guard let rpc = self.configuration.faucet.rpc else {
            throw CommandFailure.unusable("no node to ask: name one with --rpc, or with the setting faucet.rpc")
        }
        var options = FaucetAudit.Options()
        options.isSettled = isSettled
        options.keep = self.configuration.faucet.faucet.keep
        let report = try await self.audit(rpc, options, tell)
        return ProofOutcome(text: isJSON ? report.json : report.text, code: report.exitCode)
    }

    private func audit(
        _ rpc: RPCConfiguration,
        _ options: FaucetAudit.Options,
        _ tell: @Sendable @escaping (String) -> Void
    ) async throws -> FaucetAudit.Report {
        let silent = Logger(label: "tally.rpc") { _ in SwiftLogNoOpLogHandler() }
        let outbound = OutboundClient(configuration: self.configuration.outbound, logger: silent)
        let nodes = EthereumNodes(configuration: rpc, outbound: outbound, logger: silent)
        return try await OneShot.run(self.configuration, waiting: tell) { redis in
            try await withThrowingTaskGroup(of: FaucetAudit.Report?.self) { group in
                group.addTask {
                    try await outbound.run()
                    return nil
                }
                group.addTask {
                    try await FaucetAudit(redis: redis, nodes: nodes, options).run { progress in
                        tell("\(progress)")
                    }
                }
                defer { group.cancelAll() }
                while let report = try await group.next() {
                    if let report { return report }
                }
                // Only when this process was asked to end.
                throw CancellationError()
            }
        }
    }
}
