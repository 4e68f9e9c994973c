import Glibc
import Load
import Synchronization

/// The report of a load, as a command prints it.
protocol PrintedReport {
    var text: String { get }
    var json: String { get }
    /// Whether all that was checked was right.
    var passed: Bool { get }
}

/// The bar that shows how far a load is.
protocol DrawnBar<Progress>: Sendable {
    associatedtype Progress
    mutating func text(for progress: Progress) -> String?
    mutating func end() -> String
}

/// The course of a command that loads a system: its bar, its report, and the exit code.
enum LoadRun {
    static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// Runs a load with a bar and prints its report.
    static func report<Progress, Report: PrintedReport>(
        bar drawn: some DrawnBar<Progress>,
        isJSON: Bool,
        of load: (@escaping @Sendable (Progress) -> Void) async throws -> Report
    ) async throws -> Report {
        let bar = Mutex(drawn)
        let report: Report
        do {
            report = try await load { progress in
                if let text = bar.withLock({ $0.text(for: progress) }) { StandardError.write(text) }
            }
        } catch {
            StandardError.write(bar.withLock { $0.end() })
            throw error
        }
        StandardError.write(bar.withLock { $0.end() })
        print(isJSON ? report.json : report.text)
        return report
    }

    /// The same with the bar of loads of changes.
    static func report<Report: PrintedReport>(
        isJSON: Bool,
        of load: (@escaping @Sendable (ChangeProgress) -> Void) async throws -> Report
    ) async throws -> Report {
        try await Self.report(bar: ChangeProgressBar(isTerminal: Self.isTerminal), isJSON: isJSON, of: load)
    }
}

extension ProgressBar: DrawnBar {}

extension ChangeProgressBar: DrawnBar {}

extension AcceptReport: PrintedReport {}

extension LedgerReport: PrintedReport {}

extension PaymentsReport: PrintedReport {}

extension DistributeReport: PrintedReport {}

extension CouponsReport: PrintedReport {}

extension MixedReport: PrintedReport {}
