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
        progress: @escaping @Sendable (ChangeProgress) -> Void
    ) async throws(LoadError) -> PaymentsReport {
        let targets = try self.configuration.validated()
        // One more for the questions, so that they do not slow the sending.
        return try await LoadLoops.run(threads: self.configuration.threads + 1, calling: targets) {
            group throws(LoadError) in
            try await PaymentsRun(self.configuration, targets, Array(group.makeIterator()), progress).run()
        }
    }
}
