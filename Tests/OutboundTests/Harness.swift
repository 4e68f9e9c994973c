import Foundation
import Logging
import Outbound
import Support
import Testing

/// Runs a client for as long as `body` takes.
///
/// Its time-outs are long: a test that wants one to strike sets it.
func withClient(
    allowing entries: [String] = [],
    _ configure: (inout OutboundConfiguration) -> Void = { _ in },
    body: (OutboundClient) async throws -> Void
) async throws {
    var configuration = OutboundConfiguration(policy: try EndpointPolicy(allowing: entries))
    configuration.connectTimeout = .seconds(30)
    configuration.totalTimeout = .seconds(60)
    configuration.lookupTimeout = .zero
    configure(&configuration)
    let client = OutboundClient(configuration: configuration, logger: Logger(label: "test"))
    try await running(client) { try await body(client) }
}

/// Runs a client for as long as `body` takes.
func running(_ client: OutboundClient, body: () async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await client.run() }
        defer { group.cancelAll() }

        try await body()
    }
}

extension OutboundClient {
    /// A GET of a trusted URL.
    func get(_ url: String, timeout: Duration? = nil, bodyLimit: Int? = nil) async throws -> OutboundResponse {
        let endpoint = try Endpoint(trusted: url)
        return try await self.send(OutboundRequest(.get, endpoint, timeout: timeout, bodyLimit: bodyLimit))
    }

    /// How a GET of a URL ends that no parser looked at.
    func failure(ofUnvetted url: String, host: String, port: Int) async -> OutboundError? {
        do throws(OutboundError) {
            _ = try await self.send(OutboundRequest(.get, Endpoint(unvetted: url, host: host, port: port)))
            return nil
        } catch {
            return error
        }
    }
}

/// Waits for a condition without knowing how long it takes.
func eventually(
    within limit: Duration = .seconds(30),
    _ condition: () async throws -> Bool
) async throws -> Bool {
    let deadline = ContinuousClock.now + limit * Patience.factor
    while ContinuousClock.now < deadline {
        if try await condition() { return true }
        try await Task.sleep(for: .milliseconds(5))
    }
    return false
}

/// SplitMix64: the same numbers for the same seed, so that a failure can be run again.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) {
        self.state = seed
    }

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// A certificate authority of our own, and one certificate of it.
///
/// Made by `openssl` in a folder that goes away with it.
final class Certificates: Sendable {
    let folder: URL
    var authority: String { self.folder.appending(path: "ca.pem").path }
    var certificate: String { self.folder.appending(path: "cert.pem").path }
    var key: String { self.folder.appending(path: "key.pem").path }

    init(for names: String) throws {
        self.folder = FileManager.default.temporaryDirectory.appending(path: "outbound-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: self.folder, withIntermediateDirectories: true)
        let curve = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
        try self.openssl("req -x509 -days 2 \(curve) -keyout ca-key.pem -out ca.pem -subj /CN=Test")
        try self.openssl("req -new \(curve) -keyout key.pem -out cert.csr -subj /CN=test")
        try Data("subjectAltName=\(names)\n".utf8).write(to: self.folder.appending(path: "names"))
        try self.openssl(
            "x509 -req -in cert.csr -CA ca.pem -CAkey ca-key.pem -CAcreateserial -days 2 -extfile names -out cert.pem"
        )
    }

    deinit { try? FileManager.default.removeItem(at: self.folder) }

    private func openssl(_ arguments: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments.split(separator: " ").map(String.init)
        process.currentDirectoryURL = self.folder
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "openssl \(arguments)")
    }
}
