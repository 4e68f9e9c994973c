import NIOPosix
import RESP
import Redis
import Support
import TLS
import Testing

/// TLS to a real Redis: whom we believe, and whom it believes.
@Suite struct RedisTLSTests {
    private func withTLS(
        _ change: (inout RedisServer.Options) -> Void = { _ in },
        run body: (RedisServer, RedisConfiguration) async throws -> Void
    ) async throws {
        var options = RedisServer.Options()
        options.usesTLS = true
        change(&options)
        let server = try RedisServer(options)
        defer { server.kill() }
        var configuration = try RedisConfiguration(url: "rediss://localhost:\(server.tlsPort)")
        configuration.caFile = server.certificate
        try await body(server, configuration)
    }

    private func expectFailure(_ error: RedisError?, _ configuration: RedisConfiguration) async throws {
        try await withNode(configuration, logs: CapturedLogs(), waitsUntilReady: false) {
            (redis: RedisNode) async throws in
            try await eventually { redis.lastFailure != nil }
            if let error { #expect(redis.lastFailure == error) }
            #expect(!redis.isReady)
            #expect(await redis.outcome(RedisCommand("PING")).failure?.hadNoEffect == true)
        }
    }

    private func expectAnswer(_ configuration: RedisConfiguration) async throws {
        try await withNode(configuration) { (redis: RedisNode) async throws in
            #expect(try await redis.ask("PING") == .status("PONG"))
        }
    }

    @Test func `a certificate of another authority is not believed`() async throws {
        try await self.withTLS { server, configuration in
            let other = try CertificateAuthority(in: server.folder.url, name: "other")
            var configuration = configuration
            configuration.caFile = other.certificate
            try await self.expectFailure(.notSent(.untrusted), configuration)
        }
    }

    @Test func `a certificate for another name or address is not believed`() async throws {
        try await self.withTLS {
            $0.certificateNames = "DNS:redis.example"
        } run: { server, configuration in
            try await self.expectFailure(.notSent(.untrusted), configuration)
            var byAddress = try RedisConfiguration(url: "rediss://127.0.0.1:\(server.tlsPort)")
            byAddress.caFile = server.certificate
            try await self.expectFailure(.notSent(.untrusted), byAddress)
        }
    }

    @Test func `a Redis that asks for certificates is shown ours`() async throws {
        try await self.withTLS {
            $0.asksClients = true
        } run: { server, configuration in
            let issued = try #require(try server.authority?.issue("client", names: "DNS:tally"))
            var configuration = configuration
            configuration.certificate = TLSFiles(certificate: issued.certificate, key: issued.key)
            try await self.expectAnswer(configuration)
        }
    }

    @Test func `a Redis that asks for certificates believes no stranger`() async throws {
        try await self.withTLS {
            $0.asksClients = true
        } run: { server, configuration in
            try await self.expectFailure(nil, configuration)
            let issued = try CertificateAuthority(in: server.folder.url, name: "other").issue("stranger")
            var configuration = configuration
            configuration.certificate = TLSFiles(certificate: issued.certificate, key: issued.key)
            try await self.expectFailure(nil, configuration)
        }
    }

    @Test func `an ACL user logs in inside of TLS`() async throws {
        let users = ["user default off", "user tally on >secret ~* &* +@all"]
        try await self.withTLS {
            $0.users = users
        } run: { server, configuration in
            var configuration = configuration
            configuration.address.username = "tally"
            configuration.password = "secret"
            try await withNode(configuration) { (redis: RedisNode) async throws in
                #expect(try await redis.ask("ACL", "WHOAMI").string == "tally")
            }
        }
    }

    @Test func `a Redis without TLS on the port is no connection`() async throws {
        try await self.withTLS { server, _ in
            var configuration = try RedisConfiguration(url: "rediss://localhost:\(server.port)")
            configuration.caFile = server.certificate
            try await self.expectFailure(nil, configuration)
        }
    }
}
