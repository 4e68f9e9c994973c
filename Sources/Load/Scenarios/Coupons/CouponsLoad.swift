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
        progress: @escaping @Sendable (ChangeProgress) -> Void
    ) async throws(LoadError) -> CouponsReport {
        let targets = try self.configuration.validated()
        // One more for the questions, so that they do not slow the sending.
        return try await LoadLoops.run(threads: self.configuration.threads + 1, calling: targets) {
            group throws(LoadError) in
            try await CouponsRun(self.configuration, targets, Array(group.makeIterator()), progress).run()
        }
    }
}
