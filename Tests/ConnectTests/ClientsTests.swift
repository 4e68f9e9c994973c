import Foundation
import Support
import Testing

/// The runtime against clients that others wrote, and against bytes that none of them would send.
///
/// The cases are those of `Tests/ConformanceServer/Peer`; `scripts/conformance GROUP` runs one group alone.
@Suite(.serialized)
struct ClientsTests {
    @Test(arguments: [
        "launcher", "tls", "early", "connect-http1", "connect-http2", "grpc-web-http1", "grpc-web-http2", "grpc-http2",
        "grpcio", "connectrpc", "buf", "curl", "services",
    ])
    func `every case of a group passes`(group: String) async throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let server = URL(filePath: ProcessInfo.processInfo.arguments[0]).deletingLastPathComponent()
            .appending(path: "conformance-server")
        let cases = root.appending(path: "Tests/ConformanceServer/Peer/conformance.py")
        let program = try Program(root.appending(path: "scripts/clients").path, [cases.path, server.path, group])
        try await program.end(within: .seconds(300))
        let lines = program.output.split(separator: "\n")
        let failures = lines.filter { !$0.hasPrefix("ok ") }.joined(separator: "\n")
        #expect(program.exitCode == 0, "\(failures.prefix(6000))")
        let counts = try #require(lines.last).split(separator: " ").compactMap { Int($0) }
        #expect(counts.count == 2 && counts.first == counts.last && counts.first != 0, "\(lines.suffix(5))")
    }
}
