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
        progress: @escaping @Sendable (ChangeProgress) -> Void
    ) async throws(LoadError) -> DistributeReport {
        let (targets, chain) = try self.configuration.validated()
        let recipients = try Recipients(self.configuration)
        let called = targets + [chain].compactMap(\.self)
        // One more for the questions, so that they do not slow the sending.
        return try await LoadLoops.run(threads: self.configuration.threads + 1, calling: called) {
            group throws(LoadError) in
            let loops = Array(group.makeIterator())
            let run = DistributeRun(self.configuration, targets, recipients, loops, progress)
            return try await run.run(chain: chain)
        }
    }
}
