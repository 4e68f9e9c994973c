package import Logging
import Synchronization

/// Keeps what is logged, for tests that look at it.
package final class CapturedLogs: Sendable {
    package struct Line: Sendable {
        package let level: Logger.Level
        package let message: String
        package let metadata: [String: String]

        /// Everything that a person would see.
        package var text: String {
            ([self.message] + self.metadata.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" })
                .joined(separator: " ")
        }
    }

    private let stored = Mutex<[Line]>([])

    package init() {}

    /// The lines that were logged so far, oldest first.
    package var lines: [Line] { self.stored.withLock { $0 } }

    /// A logger that writes here.
    package func logger(_ label: String = "test", level: Logger.Level = .info) -> Logger {
        Logger(label: label) { _ in Handler(logs: self, logLevel: level) }
    }

    fileprivate func add(_ line: Line) { self.stored.withLock { $0.append(line) } }

    private struct Handler: LogHandler {
        let logs: CapturedLogs
        var metadata: Logger.Metadata = [:]
        var logLevel: Logger.Level

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { self.metadata[key] }
            set { self.metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let metadata = self.metadata.merging(event.metadata ?? [:]) { $1 }
            self.logs.add(
                Line(
                    level: event.level,
                    message: event.message.description,
                    metadata: metadata.mapValues { "\($0)" }
                )
            )
        }
    }
}
