import Support
import Testing

/// Audits beside a Redis that comes and goes.
struct AuditTests {
    @Test(arguments: ["ledger", "payments", "coupons", "admin"])
    func `an audit that begins while Redis is restarted waits for it`(books: String) async throws {
        let server = try RedisServer()
        defer { server.kill() }
        server.stop()
        let audit = try Program(TallySystem.executable, ["audit", books, "--redis-url", server.url])
        try await eventually("it says what it waits for") {
            audit.output.contains("waiting for Redis at 127.0.0.1:\(server.port): ") || !audit.isRunning
        }
        try server.start()
        try await audit.end(within: .seconds(60))
        #expect(audit.exitCode == 0, "\(audit.output)")
    }
}
