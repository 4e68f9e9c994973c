import CoreMetrics
import Foundation
import Logging
import MetricsTestKit
import Outbound
import Testing

/// The guard behind the reading of URLs: were a spelling to slip through, its socket would still not open.
struct SocketFilterTests {
    /// All lead to a listener on 127.0.0.1 when nothing stops them.
    static let loopbacks = [
        "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "0",
        "0.0.0.0", "0x0", "%31%32%37.0.0.1", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "localhost", "LOCALHOST",
    ]
    /// These too, in a process that reads UTF-8.
    static let mappedLoopbacks = ["127。0。0。1", "１２７.０.０.１", "①②⑦.⓪.⓪.①"]

    /// Expects that none of `hosts` reaches a listener on 127.0.0.1, and that each of them does once it is opened.
    static func check(_ hosts: [String]) async throws {
        let peer = try await Peer("http")
        try await withClient { (client) async throws in
            for host in hosts {
                let url = "http://\(host):\(peer.port)/"
                let failure = await client.failure(ofUnvetted: url, host: "public.example", port: peer.port)
                #expect(failure == .notSent(.blockedAddress), "\(host)")
            }
            #expect(try await peer.counts().connections == 0)
        }
        try await withClient(allowing: ["127.0.0.0/8", "0.0.0.0"]) { (client) async throws in
            for host in hosts {
                let url = "http://\(host):\(peer.port)/last"
                let failure = await client.failure(ofUnvetted: url, host: "public.example", port: peer.port)
                #expect(failure == nil, "\(host)")
            }
            #expect(try await peer.counts().requests == hosts.count)
        }
    }

    @Test func `a spelling that nobody noticed is not connected to`() async throws {
        try await Self.check(Self.loopbacks)
    }

    @Test func `nor is one that libcurl maps to ASCII`() async throws {
        await #expect(processExitsWith: .success) {
            unsafe setlocale(LC_ALL, "C.UTF-8")
            try await Self.check(Self.mappedLoopbacks)
        }
    }

    @Test(arguments: ["user@127.0.0.1", "user:secret@localhost", "@127.0.0.1"])
    func `a user name is refused by libcurl too`(host: String) async throws {
        try await withClient(allowing: ["127.0.0.1", "localhost"]) { (client) async throws in
            let failure = await client.failure(ofUnvetted: "http://\(host):9/", host: "public.example", port: 9)
            #expect(failure == .notSent(.invalidRequest))
        }
    }

    @Test(arguments: [
        "[::1]", "[0:0:0:0:0:0:0:1]", "10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "169.254.169.254",
        "198.18.0.1", "224.0.0.1", "255.255.255.255", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fd00::1]", "[fe80::1]",
        "[ff02::1]", "[::]", "[::7f00:1]",
    ])
    func `inside addresses elsewhere are not connected to`(host: String) async throws {
        try await withClient { (client) async throws in
            let failure = await client.failure(ofUnvetted: "http://\(host):8080/", host: "public.example", port: 8080)
            #expect(failure == .notSent(.blockedAddress))
        }
    }

    @Test(arguments: ["file:///etc/passwd", "gopher://HOST/", "dict://HOST/", "ftp://HOST/"])
    func `other schemes do not exist`(url: String) async throws {
        let peer = try await Peer("http")
        try await withClient(allowing: ["127.0.0.1"]) { (client) async throws in
            let url = url.replacing("HOST", with: "127.0.0.1:\(peer.port)")
            let failure = await client.failure(ofUnvetted: url, host: "public.example", port: peer.port)
            guard case .notSent = failure else {
                Issue.record("\(url) ended with \(String(describing: failure))")
                return
            }
            #expect(try await peer.counts().connections == 0)
        }
    }

    @Test func `a kept connection of a trusted endpoint does not carry a caller's request`() async throws {
        let peer = try await Peer("http")
        try await withClient { (client) async throws in
            for host in ["127.0.0.1", "localhost"] {
                let url = "http://\(host):\(peer.port)/"
                let before = try await peer.counts()
                for _ in 0..<3 {
                    #expect(try await client.get(url).status == 200)
                    let failure = await client.failure(ofUnvetted: url, host: host, port: peer.port)
                    #expect(failure == .notSent(.blockedAddress))
                }
                let counts = try await peer.counts()
                #expect(counts.requests == before.requests + 3)
            }
        }
    }

    @Test func `an opened port is reached by callers and no other port is`() async throws {
        let open = try await Peer("http")
        let closed = try await Peer("http")
        try await withClient(allowing: ["127.0.0.1:\(open.port)", "localhost:\(open.port)"]) { (client) async throws in
            let policy = try EndpointPolicy(allowing: ["127.0.0.1:\(open.port)", "localhost:\(open.port)"])
            for host in ["127.0.0.1", "localhost"] {
                let endpoint = try Endpoint(untrusted: "http://\(host):\(open.port)/", policy: policy)
                #expect(try await client.send(OutboundRequest(.get, endpoint)).status == 200)
                #expect(throws: EndpointError.insideAddress) {
                    try Endpoint(untrusted: "http://\(host):\(closed.port)/", policy: policy)
                }
                let url = "http://\(host):\(closed.port)/"
                let failure = await client.failure(ofUnvetted: url, host: host, port: closed.port)
                #expect(failure == .notSent(.blockedAddress))
            }
            #expect(try await closed.counts().connections == 0)
        }
    }

    @Test func `an endpoint vetted by a wider policy is not sent by a narrower one`() async throws {
        try await withClient(allowing: ["api.example"]) { (client) async throws in
            let endpoint = try Endpoint(untrusted: "http://other.example/", policy: EndpointPolicy(allowing: []))
            await #expect(throws: OutboundError.notSent(.blockedAddress)) {
                try await client.send(OutboundRequest(.get, endpoint))
            }
        }
    }

    @Test func `what was blocked is counted`() async throws {
        let metrics = TestMetrics()
        var configuration = OutboundConfiguration(policy: try EndpointPolicy(allowing: []))
        configuration.totalTimeout = .seconds(60)
        let client = withMetricsFactory(metrics) {
            OutboundClient(configuration: configuration, logger: Logger(label: "test"))
        }
        try await running(client) {
            for _ in 0..<3 {
                _ = await client.failure(ofUnvetted: "http://127.0.0.1:9/", host: "public.example", port: 9)
            }
        }
        let blocked = try metrics.expectCounter("tally_outbound_blocked_total").totalValue
        #expect(blocked == 3)
        let outcome = [("outcome", "not_sent")]
        #expect(try metrics.expectCounter("tally_outbound_requests_total", outcome).totalValue == 3)
    }
}
