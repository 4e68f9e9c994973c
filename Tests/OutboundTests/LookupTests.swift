import Foundation
import Outbound
import Testing

/// The system's resolver, asked for a name whose servers do not answer.
///
/// There is no pointing the C library at a resolver of our own but in a namespace of our own, so the second test runs
/// in a process that the first one starts there.
struct LookupTests {
    private static let isThere = ProcessInfo.processInfo.environment["OUTBOUND_DEAF_RESOLVER"] == "1"
    private static let canGoThere = !Self.isThere && Self.run("unshare", ["-Urmn", "true"]).status == 0

    private static func run(
        _ command: String,
        _ arguments: [String],
        _ environment: [String: String] = [:]
    ) -> (status: Int32, output: String) {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [command] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardOutput = pipe
        process.standardError = pipe
        guard (try? process.run()) != nil else { return (-1, "") }
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }

    @Test(.enabled(if: Self.canGoThere, "needs user namespaces"), .timeLimit(.minutes(2)))
    func `lookups that hang end in time and hold up nobody`() throws {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Peer/deaf.py")
        let filter = ["--testing-library", "swift-testing", "--filter", "LookupTests"]
        let bundle = CommandLine.arguments.drop { $0 != "--test-bundle-path" }.prefix(2)
        let (status, output) = Self.run(
            "unshare",
            ["-Urmn", "python3", script.path, own] + bundle + filter,
            ["OUTBOUND_DEAF_RESOLVER": "1"]
        )
        #expect(status == 0)
        // Not one of those runs that succeed because there was nothing to do.
        #expect(output.contains("a lookup that hangs ends in time\" passed"))
    }

    @Test(.enabled(if: Self.isThere, "started by the other test"))
    func `a lookup that hangs ends in time`() async throws {
        let peer = try await Peer("http")
        try await withClient {
            $0.connectTimeout = .milliseconds(300)
        } body: { (client) async throws in
            async let hung = client.failure(ofUnvetted: "http://hangs.example/", host: "hangs.example", port: 80)
            for _ in 0..<100 {
                // The C library gives up after ten seconds, and who waits for it would come too late.
                #expect(try await client.get("http://127.0.0.1:\(peer.port)/", timeout: .seconds(5)).status == 200)
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(await hung == .notSent(.timedOut))
        }
    }
}
