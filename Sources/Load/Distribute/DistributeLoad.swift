import NIOCore
import NIOPosix

/// Coins for one address or many, each request followed to its end, and an exact check of what the chain has of them.
package struct DistributeLoad: Sendable {
    private let configuration: DistributeLoadConfiguration

    package init(configuration: DistributeLoadConfiguration) {
        self.configuration = configuration
    }

    /// Runs the load, compares the chain, and judges.
    ///
    /// `progress` is called some ten times a second. Throws only when there is nothing to judge.
    package func run(
        progress: @escaping @Sendable (LedgerProgress) -> Void
    ) async throws(LoadError) -> DistributeReport {
        let (targets, chain) = try self.configuration.validated()
        let recipients = try Recipients(self.configuration)
        // One more for the questions, so that they do not slow the sending.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: self.configuration.threads + 1)
        let result: Result<DistributeReport, LoadError>
        do throws(LoadError) {
            let probe = HTTPGetter(group: group)
            for target in targets { try await probe.probe(target) }
            if let chain { try await probe.probe(chain) }
            let run = DistributeRun(self.configuration, targets, recipients, Array(group.makeIterator()), progress)
            result = .success(try await run.run(chain: chain))
        } catch {
            result = .failure(error)
        }
        // Nothing is left on the loops that could fail, and a failure here would not change the result.
        try? await group.shutdownGracefully()
        return try result.get()
    }
}
