import NIOCore
import NIOPosix

/// Coupons of one campaign, and an exact check that those handed out are those listed.
package struct CouponsLoad: Sendable {
    private let configuration: CouponsLoadConfiguration

    package init(configuration: CouponsLoadConfiguration) {
        self.configuration = configuration
    }

    /// Runs the load, reads what is listed, and judges.
    ///
    /// `progress` is called some ten times a second. Throws only when there is nothing to judge.
    package func run(
        progress: @escaping @Sendable (LedgerProgress) -> Void
    ) async throws(LoadError) -> CouponsReport {
        let targets = try self.configuration.validated()
        // One more for the questions, so that they do not slow the sending.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: self.configuration.threads + 1)
        let result: Result<CouponsReport, LoadError>
        do throws(LoadError) {
            let probe = HTTPGetter(group: group)
            for target in targets { try await probe.probe(target) }
            let run = CouponsRun(self.configuration, targets, Array(group.makeIterator()), progress)
            result = .success(try await run.run())
        } catch {
            result = .failure(error)
        }
        // Nothing is left on the loops that could fail, and a failure here would not change the result.
        try? await group.shutdownGracefully()
        return try result.get()
    }
}
