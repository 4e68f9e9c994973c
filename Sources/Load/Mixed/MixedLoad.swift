import NIOCore
import NIOPosix

/// Requests of all kinds at a fixed pace, and a check that each change happened once.
package struct MixedLoad: Sendable {
    private let configuration: MixedLoadConfiguration

    package init(configuration: MixedLoadConfiguration) {
        self.configuration = configuration
    }

    /// Runs the load, asks for everything once more, compares, and judges.
    ///
    /// `progress` is called some ten times a second. Throws only when there is nothing to judge.
    package func run(
        progress: @escaping @Sendable (LedgerProgress) -> Void
    ) async throws(LoadError) -> MixedReport {
        let targets = try self.configuration.validated()
        // One more for the questions, so that they do not slow the sending.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let result: Result<MixedReport, LoadError>
        do throws(LoadError) {
            let probe = HTTPGetter(group: group)
            for target in targets { try await probe.probe(target) }
            let run = MixedRun(self.configuration, targets, Array(group.makeIterator()), progress)
            result = .success(try await run.run())
        } catch {
            result = .failure(error)
        }
        // Nothing is left on the loops that could fail, and a failure here would not change the result.
        try? await group.shutdownGracefully()
        return try result.get()
    }
}
