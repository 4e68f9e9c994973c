import Dev
import Support
import Testing

/// The limits of nginx on the requests of one client, and how it knows one client from the other.
struct NginxLimitTests {
    private static let path = "/api/verve/accept?id=1"

    /// The second request of a client within a minute is one too many, also on the slowest machine.
    private func withLimit(
        trusted: [String] = [],
        _ body: (NginxEntry, FakeUpstream) async throws -> Void
    ) async throws {
        try await withUpstream(.answering) { upstream in
            let slow = { (text: String) in text.replacing("rate=1r/s", with: "rate=1r/m") }
            let limit: (inout NginxConfiguration, NginxEntry) -> Void = { nginx, _ in
                nginx.limit = .init(rate: 1, burst: 0, open: 100)
                nginx.trusted = trusted
            }
            try await withNginx(upstreams: [upstream.port], change: limit, edit: slow) { entry in
                try await body(entry, upstream)
            }
        }
    }

    private func ask(_ entry: NginxEntry, _ path: String = Self.path, _ fields: String = "") async throws -> String {
        try await exchange("GET \(path) HTTP/1.1\r\nHost: a\r\n\(fields)Connection: close\r\n\r\n", port: entry.http)
    }

    private func expect(
        _ status: Int,
        _ entry: NginxEntry,
        _ fields: String = "",
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let answer = try await self.ask(entry, Self.path, fields)
        #expect(answer.hasPrefix("HTTP/1.1 \(status)"), "\(fields)", sourceLocation: sourceLocation)
    }

    @Test func `a request too many is told so and reaches no instance`() async throws {
        try await self.withLimit { entry, upstream in
            try await self.expect(200, entry)
            for path in [Self.path, "/users/a/balance", "/distribute?address=0x1", "/payments/1?wait=5"] {
                let answer = try await self.ask(entry, path)
                #expect(answer.hasPrefix("HTTP/1.1 429"), "\(answer)")
                #expect(answer.contains("Content-Type: application/problem+json\r\n"))
                #expect(answer.contains("/problems/rate-limited") && answer.contains("Retry-After: 1\r\n"))
                #expect(answer.contains("X-Request-Id: ") && !answer.contains("Strict-Transport-Security"))
            }
            #expect(upstream.hits == 1)
        }
    }

    @Test func `callers of services are told so in their own words`() async throws {
        try await self.withLimit { entry, upstream in
            try await self.expect(200, entry)
            for (type, text) in [
                ("application/json", "HTTP/1.1 429"), ("application/json", "{\"code\":\"resource_exhausted\","),
                ("application/json", "Retry-After: 1\r\n"), ("application/grpc-web+proto", "grpc-status: 8\r\n"),
                ("Application/grpc", "grpc-status: 8\r\n"), ("application/grpc+json", "application/grpc+json\r\n"),
                ("application/connect+json", "{\"error\":{\"code\":\"resource_exhausted\","),
                ("application/connect+proto", "Content-Type: application/connect+proto\r\n"),
            ] {
                let request =
                    "POST /coupon.v1.CouponService/IssueCoupon HTTP/1.1\r\nHost: a\r\nContent-Type: \(type)\r\n"
                    + "Content-Length: 2\r\nConnection: close\r\n\r\n{}"
                let answer = try await exchange(request, port: entry.http)
                #expect(answer.contains(text), "\(answer)")
            }
            #expect(upstream.hits == 1)
        }
    }

    @Test func `what is open counts too`() async throws {
        try await withUpstream(.pausing("first", then: .seconds(60))) { upstream in
            let limit: (inout NginxConfiguration, NginxEntry) -> Void = { nginx, _ in
                nginx.limit = .init(rate: 1000, burst: 100, open: 1)
            }
            try await withNginx(upstreams: [upstream.port], change: limit) { entry in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    let watch =
                        "POST /coupon.v1.CouponService/WatchCampaign HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}"
                    group.addTask { _ = try await exchange(watch, port: entry.http, until: "never") }
                    try await eventually("the watch is open") { upstream.hits == 1 }
                    try await self.expect(429, entry)
                    group.cancelAll()
                }
            }
        }
    }

    @Test func `without a limit there is none`() async throws {
        try await withUpstream(.answering) { upstream in
            try await withNginx(upstreams: [upstream.port]) { entry in
                for _ in 0..<20 { try await self.expect(200, entry) }
            }
        }
    }

    @Test func `a trusted proxy says who the client is, and anybody else does not`() async throws {
        let forwarded = "X-Forwarded-For: 192.0.2.7\r\n"
        try await self.withLimit(trusted: ["127.0.0.0/8"]) { entry, upstream in
            try await self.expect(200, entry, forwarded)
            #expect(upstream.lastRequest.contains("\r\nX-Forwarded-For: 192.0.2.7\r\n"))
            try await self.expect(429, entry, forwarded)
            let other = "X-Forwarded-For: 192.0.2.7, 192.0.2.8\r\n"
            try await self.expect(200, entry, other)
        }
        try await self.withLimit { entry, upstream in
            try await self.expect(200, entry, forwarded)
            #expect(upstream.lastRequest.contains("\r\nX-Forwarded-For: 127.0.0.1\r\n"))
            let other = "X-Forwarded-For: 192.0.2.8\r\n"
            try await self.expect(429, entry, other)
        }
    }

    /// One customer has a whole network of 2^64 addresses.
    @Test func `the first half of an IPv6 address is one client`() async throws {
        try await self.withLimit(trusted: ["127.0.0.1"]) { entry, _ in
            for (address, isFirst) in [
                ("2001:db8:1:2::5", true), ("2001:db8:1:2:ffff:1:2:3", false), ("2001:db8:1:3::5", true),
                ("2001:db8::1", true), ("2001:db8::2:1", false), ("2001:db9::2:1", true), ("::1", true), ("::2", false),
            ] {
                try await self.expect(isFirst ? 200 : 429, entry, "X-Forwarded-For: \(address)\r\n")
            }
        }
    }
}
