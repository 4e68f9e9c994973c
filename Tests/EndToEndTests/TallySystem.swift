import Foundation
import Support
import Testing

/// A `tally dev` of its own: own folder, own ports, gone at the end.
final class TallySystem: Sendable {
    struct Ports: Decodable {
        let http: Int
        let grpc: Int
        let tls: Int?
        let redis: Int
        let chain: Int?
        let instances: [Int]
        let admin: [Int]
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let directory: URL
    let ports: Ports
    private let process: Program

    /// The `tally` that was built together with these tests.
    static let executable = URL(filePath: ProcessInfo.processInfo.arguments[0]).deletingLastPathComponent()
        .appending(path: "tally").path

    /// Without `chain`, which are the arguments for one, there is none.
    static func with(
        _ arguments: [String] = [],
        _ environment: [String: String] = [:],
        chain: [String]? = nil,
        _ body: (TallySystem) async throws -> Void
    ) async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "tally e2e \(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        let port = try freePort()
        let program = try Program(
            Self.executable,
            ["dev", "--dir", directory.path, "--port", "\(port)", "--grpc-port", "0"] + (chain ?? ["--chain", "none"])
                + arguments,
            environment: environment
        )
        do {
            try await eventually(within: .seconds(60)) {
                guard program.isRunning else { throw Failure(description: "tally dev ended: \(program.output)") }
                return program.output.contains("Tally is ready: http://127.0.0.1:\(port)\n")
            }
            let file = try Data(contentsOf: directory.appending(path: "run/ports.json"))
            let ports = try JSONDecoder().decode(Ports.self, from: file)
            #expect(ports.http == port)
            try await body(TallySystem(directory: directory, ports: ports, process: program))
        } catch {
            await program.stop()
            throw error
        }
        await program.stop()
        #expect(program.exitCode == 0, "\(program.output.suffix(2000))")
    }

    private init(directory: URL, ports: Ports, process: Program) {
        self.directory = directory
        self.ports = ports
        self.process = process
    }

    var grpcPort: Int { self.ports.grpc }

    var url: String { "http://127.0.0.1:\(self.ports.http)" }

    func pid(_ name: String) throws -> Int32 {
        let text = try String(contentsOf: self.directory.appending(path: "run/\(name).pid"), encoding: .utf8)
        return try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    func kill(_ name: String, _ signal: Int32 = SIGKILL) throws {
        #expect(Foundation.kill(try self.pid(name), signal) == 0)
    }

    /// All lines that a child has logged so far.
    func log(_ name: String) throws -> String {
        try String(contentsOf: self.directory.appending(path: "log/\(name).log"), encoding: .utf8)
    }

    /// Runs the `tally` binary to its end.
    static func run(
        _ arguments: [String],
        _ environment: [String: String] = [:]
    ) async throws -> (code: Int32, output: String) {
        let program = try Program(Self.executable, arguments, environment: environment)
        try await program.end(within: .seconds(240))
        return (program.exitCode, program.output)
    }

    /// Runs any program to its end and returns what it printed.
    static func output(_ path: String, _ arguments: [String]) async throws -> String {
        try await Program.output(path, arguments)
    }
}

/// One HTTP answer, by curl: a client that is not ours.
func curl(_ arguments: String...) async throws -> String {
    try await TallySystem.output("/usr/bin/curl", ["-sS", "--max-time", "\(10 * Patience.factor)"] + arguments)
}
