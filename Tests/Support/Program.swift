import Foundation

/// A child process that ends with the test process.
///
/// Its output goes to a file: what is there when it has ended is all of it.
package final class Program: Sendable {
    private let process: Process
    private let file: URL

    package init(_ path: String, _ arguments: [String], environment: [String: String] = [:]) throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "tally-output-\(UUID().uuidString)")
        try Data().write(to: file)
        let handle = try FileHandle(forWritingTo: file)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/setpriv")
        process.arguments = ["--pdeathsig", "TERM", path] + arguments
        process.environment = ProcessInfo.processInfo.environment
            .merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }.merging(environment) { $1 }
        process.standardOutput = handle
        process.standardError = handle
        process.standardInput = FileHandle.nullDevice
        self.process = process
        self.file = file
        try Spawner.shared.start(process)
        try handle.close()
    }

    deinit { try? FileManager.default.removeItem(at: self.file) }

    package var isRunning: Bool { self.process.isRunning }

    package var exitCode: Int32 { self.process.terminationStatus }

    package var pid: Int32 { self.process.processIdentifier }

    package var output: String { String(decoding: (try? Data(contentsOf: self.file)) ?? Data(), as: UTF8.self) }

    /// Waits until it ends by itself; one that does not is ended.
    package func end(within limit: Duration) async throws {
        do { try await eventually(within: limit) { !self.isRunning } } catch {
            await self.stop()
            throw error
        }
    }

    /// Ends it as an operator would, and waits.
    package func stop() async {
        guard self.process.isRunning else { return }
        self.process.terminate()
        _ = try? await eventually(within: .seconds(40)) { !self.process.isRunning }
    }

    /// Runs a program to its end and returns what it printed.
    package static func output(_ path: String, _ arguments: [String]) async throws -> String {
        let program = try Program(path, arguments)
        try await program.end(within: .seconds(60))
        return program.output
    }
}
