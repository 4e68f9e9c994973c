import Foundation
import Outbound
import Testing

/// A resolver of our own sends names inside, in every way that fooled others.
///
/// 127.0.0.2 is opened and stands for the public address. 127.0.0.1 and ::1 are what must see no connection.
struct RebindingTests {
    private let certificates: Certificates

    init() throws {
        self.certificates = try Certificates(for: "IP:127.0.0.1")
    }

    private func withResolver(
        _ table: [String: [[[String]]]],
        body: (OutboundClient) async throws -> Void
    ) async throws {
        let files = self.certificates
        let resolver = try await Peer("dns", "--tls", files.certificate, files.key, table: table)
        try await withClient(allowing: ["127.0.0.2"]) {
            $0.lookupURL = "https://127.0.0.1:\(resolver.port)/"
            $0.caFile = files.authority
        } body: { (client) async throws in
            try await body(client)
            #expect(try await resolver.counts().requests > 0)
        }
    }

    /// Two listeners on the same port of two addresses.
    private func pair(_ inside: String) async throws -> (outside: Peer, inside: Peer) {
        for _ in 0..<20 {
            let outside = try await Peer("http", "--host", "127.0.0.2")
            // Someone else may have this port there.
            if let inside = try? await Peer("http", "--host", inside, "--port", "\(outside.port)") {
                return (outside, inside)
            }
        }
        throw CancellationError()
    }

    private func status(_ client: OutboundClient, _ url: String, trusted: Bool = false) async throws -> Int {
        let endpoint =
            try trusted ? Endpoint(trusted: url) : Endpoint(untrusted: url, policy: EndpointPolicy(allowing: []))
        return try await client.send(OutboundRequest(.get, endpoint)).status
    }

    @Test func `a name that leads outside first and inside next is not followed inside`() async throws {
        let (outside, inside) = try await self.pair("127.0.0.1")
        try await self.withResolver(["rebind.example": [[["A", "127.0.0.2"]], [["A", "127.0.0.1"]]]]) {
            (client) async throws in
            let url = "http://rebind.example:\(outside.port)/last"
            #expect(try await self.status(client, url) == 200)
            for _ in 0..<5 {
                await #expect(throws: OutboundError.notSent(.blockedAddress)) {
                    try await self.status(client, url)
                }
            }
            #expect(try await outside.counts().requests == 1)
            #expect(try await inside.counts().connections == 0)
            // The resolver does lead there: the operator's own request arrives.
            #expect(try await self.status(client, url, trusted: true) == 200)
            #expect(try await inside.counts().requests == 1)
        }
    }

    @Test(arguments: [["127.0.0.1", "127.0.0.2"], ["127.0.0.2", "127.0.0.1"]])
    func `a name that leads to both is followed outside only`(addresses: [String]) async throws {
        let (outside, inside) = try await self.pair("127.0.0.1")
        try await self.withResolver(["both.example": [addresses.map { ["A", $0] }]]) { (client) async throws in
            for _ in 0..<5 {
                #expect(try await self.status(client, "http://both.example:\(outside.port)/last") == 200)
            }
            #expect(try await outside.counts().requests == 5)
            #expect(try await inside.counts().connections == 0)
        }
    }

    @Test func `when outside does not answer, inside is not tried`() async throws {
        let inside = try await Peer("http")
        try await self.withResolver(["both.example": [[["A", "127.0.0.2"], ["A", "127.0.0.1"]]]]) {
            (client) async throws in
            await #expect(throws: OutboundError.notSent(.blockedAddress)) {
                try await self.status(client, "http://both.example:\(inside.port)/")
            }
            #expect(try await inside.counts().connections == 0)
        }
    }

    @Test(arguments: [("::1", "::1"), ("127.0.0.1", "::ffff:127.0.0.1")])
    func `a name with an IPv6 address only is not followed inside`(listener: String, address: String) async throws {
        let inside = try await Peer("http", "--host", listener)
        try await self.withResolver(["six.example": [[["AAAA", address]]]]) { (client) async throws in
            let url = "http://six.example:\(inside.port)/"
            await #expect(throws: OutboundError.notSent(.blockedAddress)) {
                try await self.status(client, url)
            }
            #expect(try await inside.counts().connections == 0)
            #expect(try await self.status(client, url, trusted: true) == 200)
        }
    }

    @Test func `a remembered name is vetted again`() async throws {
        let inside = try await Peer("http")
        let files = self.certificates
        let table = ["inside.example": [[["A", "127.0.0.1"]]]]
        let resolver = try await Peer("dns", "--tls", files.certificate, files.key, table: table)
        try await withClient {
            $0.lookupURL = "https://127.0.0.1:\(resolver.port)/"
            $0.caFile = files.authority
            $0.lookupTimeout = .seconds(600)
        } body: { (client) async throws in
            let url = "http://inside.example:\(inside.port)/last"
            #expect(try await self.status(client, url, trusted: true) == 200)
            await #expect(throws: OutboundError.notSent(.blockedAddress)) {
                try await self.status(client, url)
            }
            #expect(try await inside.counts().connections == 1)
        }
    }

    @Test func `a name that leads nowhere is not sent`() async throws {
        try await self.withResolver(["other.example": [[["A", "127.0.0.2"]]]]) { (client) async throws in
            await #expect(throws: OutboundError.notSent(.unresolved)) {
                try await self.status(client, "http://nowhere.example/")
            }
        }
    }
}
