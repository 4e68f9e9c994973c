import NIOCore
import NIOPosix

/// Payments among accounts that it fills first, followed to their end, and an exact check of what they left.
package struct PaymentsLoad: Sendable {
    private let configuration: PaymentsLoadConfiguration

    package init(configuration: PaymentsLoadConfiguration) {
        self.configuration = configuration
    }

    /// Runs the load, compares the accounts, and judges.
    ///
    /// `progress` is called some ten times a second. Throws only when there is nothing to judge.
    package func run(
        progress: @escaping @Sendable (LedgerProgress) -> Void
    ) async throws(LoadError) -> PaymentsReport {
        let targets = try self.configuration.validated()
        // One more for the questions, so that they do not slow the sending.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: self.configuration.threads + 1)
        let result: Result<PaymentsReport, LoadError>
        do throws(LoadError) {
            let probe = HTTPGetter(group: group)
            for target in targets { try await probe.probe(target) }
            let run = PaymentsRun(self.configuration, targets, Array(group.makeIterator()), progress)
            result = .success(try await run.run())
        } catch {
            result = .failure(error)
        }
        // Nothing is left on the loops that could fail, and a failure here would not change the result.
        try? await group.shutdownGracefully()
        return try result.get()
    }
}
