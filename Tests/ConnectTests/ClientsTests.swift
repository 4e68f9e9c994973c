import Foundation
import Support
import Testing

/// The runtime against clients that others wrote, and against bytes that none of them would send.
///
/// The cases are those of `Tests/ConformanceServer/Peer`; `scripts/conformance GROUP` runs one group alone.
@Suite(.serialized)
struct ClientsTests {
    @Test(arguments: [
        "launcher", "connect-http1", "connect-http2", "grpc-web-http1", "grpc-web-http2", "grpc-http2", "grpcio",
        "connectrpc", "buf", "curl", "services",
    ])
    func `every case of a group passes`(group: String) async throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let folder = try TemporaryFolder("clients").url
        let output = folder.appending(path: "output")
        try Data().write(to: output)
        let server = URL(filePath: ProcessInfo.processInfo.arguments[0]).deletingLastPathComponent()
            .appending(path: "conformance-server").path
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/setpriv")
        process.arguments = [
            "--pdeathsig", "TERM", root.appending(path: "scripts/clients").path,
            root.appending(path: "Tests/ConformanceServer/Peer/conformance.py").path, server, group,
        ]
        let handle = try FileHandle(forWritingTo: output)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = handle
        process.standardError = handle
        try Spawner.shared.start(process)
        defer { process.terminate() }
        try await eventually(within: .seconds(300)) { !process.isRunning }
        let text = String(decoding: try Data(contentsOf: output), as: UTF8.self)
        let failures = text.split(separator: "\n").filter { !$0.hasPrefix("ok ") }.joined(separator: "\n")
        #expect(process.terminationStatus == 0, "\(failures.prefix(6000))")
        let last = try #require(text.split(separator: "\n").last)
        let counts = last.split(separator: " ").compactMap { Int($0) }
        #expect(counts.count == 2 && counts.first == counts.last && counts != [0, 0], "\(last)")
    }
}
