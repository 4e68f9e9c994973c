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
        progress: @escaping @Sendable (ChangeProgress) -> Void
    ) async throws(LoadError) -> MixedReport {
        let targets = try self.configuration.validated()
        // One more for the questions, so that they do not slow the sending.
        return try await LoadLoops.run(threads: 2, calling: targets) { group throws(LoadError) in
            try await MixedRun(self.configuration, targets, Array(group.makeIterator()), progress).run()
        }
    }
}
