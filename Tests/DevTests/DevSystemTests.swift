import Dev
import Foundation
import Glibc
import Support
import Synchronization
import Testing

/// A whole system with real Redis, chain and nginx, and with a stand-in for the binary that answers on its ports.
@Suite
struct DevSystemTests {
    private static let standIn = """
        #!/usr/bin/env python3
        import http.server, os, sys, threading

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def do_GET(self):
                body = os.environ["TALLY_INSTANCE"].encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            def log_message(self, *arguments):
                pass

        names = ["TALLY_ADMIN_PORT"] + (["TALLY_PORT"] if sys.argv[1] == "serve" else [])
        for name in names:
            server = http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ[name])), Handler)
            threading.Thread(target=server.serve_forever).start()
        """

    private func configuration(in folder: String) async throws -> DevConfiguration {
        let binary = "\(folder)/stand-in"
        try Self.standIn.write(toFile: binary, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: binary)
        var configuration = DevConfiguration(port: try freePort(), grpcPort: 0, directory: "\(folder)/system")
        configuration.executable = binary
        configuration.chain = .none
        return configuration
    }

    /// Runs a system until the body ends, and returns what it said.
    private func withSystem(_ configuration: DevConfiguration, _ body: () async throws -> Void) async throws -> [String]
    {
        let stops = Stops()
        let lines = Mutex<[String]>([])
        async let run: Void = DevSystem(configuration: configuration).run(stops: stops.sequence) { line in
            lines.withLock { $0.append(line) }
        }
        do {
            try await eventually("it is ready") { lines.withLock { $0.last?.hasPrefix("Tally is ready") ?? false } }
            try await body()
        } catch {
            stops.stop()
            try await run
            throw error
        }
        stops.stop()
        try await run
        return lines.withLock { $0 }
    }

    private static var chainFolder: String {
        URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "node").path
    }

    /// The chain's first block; nil while the chain does not answer.
    private func genesis(_ ports: DevPorts) async throws -> Substring? {
        let body = #"{"jsonrpc":"2.0","id":1,"method":"eth_getBlockByNumber","params":["0x0",false]}"#
        let head = "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
        // Refused while it starts.
        let answer = try? await exchange(head + body, port: try #require(ports.chain))
        return answer?.firstMatch(of: #/"hash":"(0x[0-9a-f]{64})"/#)?.1
    }

    @Test
    func `a system comes up, heals and leaves nothing`() async throws {
        try await withFolder { folder in
            var configuration = try await self.configuration(in: folder)
            configuration.chain = .local
            configuration.chainFolder = Self.chainFolder
            let names = ["chain", "instance-1", "instance-2", "nginx", "redis", "worker-1"]
            let run = "\(configuration.directory)/run"
            let request = "GET /api/verve/accept?id=1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            var seen: [Int] = []
            let lines = try await self.withSystem(configuration) {
                let ports = try #require(DevPorts(json: Array((contents("\(run)/ports.json") ?? "").utf8)))
                #expect(ports.http == configuration.port)
                #expect(ports.instances.count == 2 && ports.admin.count == 3)
                let genesis = try #require(try await self.genesis(ports))
                let first = names.compactMap { pid("\(run)/\($0).pid") }
                #expect(first.count == names.count)
                for process in first { #expect(kill(pid_t(process), SIGKILL) == 0) }
                for (name, before) in zip(names, first) {
                    try await eventually("\(name) is back") { pid("\(run)/\(name).pid").map { $0 != before } ?? false }
                }
                try await eventually("it answers again") {
                    // Refused while nginx starts.
                    (try? await exchange(request, port: configuration.port))?.contains("instance-") ?? false
                }
                try await eventually("the chain is the same") { try await self.genesis(ports) == genesis }
                seen = first + names.compactMap { pid("\(run)/\($0).pid") }
                await #expect(throws: DevError.directoryInUse(configuration.directory)) {
                    try await DevSystem(configuration: configuration).run(stops: Stops().sequence) { _ in }
                }
            }
            #expect(lines.contains("Tally is ready: http://127.0.0.1:\(configuration.port)"))
            #expect(seen.count == 12 && seen.allSatisfy { !isRunning($0) })
            #expect(try FileManager.default.contentsOfDirectory(atPath: run) == ["ports.json"])
        }
    }

    @Test
    func `two systems live side by side`() async throws {
        try await withFolder { folder in
            try await withFolder { other in
                let first = try await self.configuration(in: folder)
                let second = try await self.configuration(in: other)
                _ = try await self.withSystem(first) {
                    _ = try await self.withSystem(second) {
                        let taken = DevConfiguration(port: first.port, directory: "\(other)/third")
                        await #expect(throws: DevError.portInUse(first.port)) {
                            try await DevSystem(configuration: taken).run(stops: Stops().sequence) { _ in }
                        }
                    }
                }
            }
        }
    }
}
