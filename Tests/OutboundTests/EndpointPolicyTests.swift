import Outbound
import Testing

struct EndpointPolicyTests {
    private func refusal(_ url: String, _ entries: [String]) throws -> EndpointError? {
        let policy = try EndpointPolicy(allowing: entries)
        do throws(EndpointError) {
            _ = try Endpoint(untrusted: url, policy: policy)
            return nil
        } catch {
            return error
        }
    }

    @Test func `an inside entry opens its host and leaves public hosts as they were`() throws {
        let entries = [
            "localhost:9000", "10.1.0.0/16:443", "192.168.7.7", "[fd00::1]:80", "fd01::/16", "receiver:9000",
            "*.svc.cluster.local",
        ]
        for url in [
            "http://localhost:9000/", "https://10.1.255.255/", "http://192.168.7.7:1234/", "http://[fd00::1]/",
            "http://[fd01::2]:99/", "http://receiver:9000/", "http://a.svc.cluster.local/", "http://example.com/",
            "http://8.8.8.8/", "http://other:9000/", "http://[::ffff:192.168.7.7]/", "http://0xc0a80707/",
        ] {
            #expect(try self.refusal(url, entries) == nil, "\(url)")
        }
        for url in [
            "http://localhost/", "http://127.0.0.1:9000/", "http://10.1.0.1/", "http://10.2.0.1:443/",
            "http://192.168.7.8/", "http://[fd00::1]:81/", "http://[fd02::1]/", "http://a.localhost:9000/",
        ] {
            #expect(try self.refusal(url, entries) == .insideAddress, "\(url)")
        }
    }

    @Test func `a public entry narrows to what is listed`() throws {
        let entries = ["api.example.com", "*.partner.com:443", "8.8.8.0/24", "localhost:9000"]
        for url in [
            "http://api.example.com/", "http://API.example.com.:8080/", "https://a.partner.com/",
            "https://a.b.partner.com", "http://8.8.8.8/", "http://localhost:9000/",
        ] {
            #expect(try self.refusal(url, entries) == nil, "\(url)")
        }
        for url in [
            "http://example.com/", "http://x.api.example.com/", "http://partner.com:443/", "http://a.partner.com/",
            "https://evilpartner.com/", "http://9.9.9.9/", "http://api.example.com.evil.com/", "http://redis:6379/",
        ] {
            #expect(try self.refusal(url, entries) == .notAllowed, "\(url)")
        }
        #expect(try self.refusal("http://127.0.0.1/", entries) == .insideAddress)
    }

    @Test func `a star lists every public host and opens nothing`() throws {
        #expect(try self.refusal("http://example.com/", ["*", "api.example.com"]) == nil)
        #expect(try self.refusal("http://example.com/", ["*:443"]) == .notAllowed)
        #expect(try self.refusal("http://127.0.0.1/", ["*"]) == .insideAddress)
        #expect(try self.refusal("http://localhost/", ["*"]) == .insideAddress)
    }

    @Test func `nobody is named without entries and everybody public by a star`() throws {
        let hosts = ["example.com", "8.8.8.8", "2001:4860:4860::8888"]
        let inside = ["localhost", "127.0.0.1", "::1", "10.0.0.1", "redis", "a.internal"]
        let nothing = try EndpointPolicy(allowing: [])
        let star = try EndpointPolicy(allowing: ["*"])
        #expect(hosts.allSatisfy { !nothing.names($0, port: 443) && star.names($0, port: 443) })
        #expect(inside.allSatisfy { !nothing.names($0, port: 443) && !star.names($0, port: 443) })
    }

    @Test func `whoever is opened or listed is named, with the entry's port`() throws {
        let policy = try EndpointPolicy(
            allowing: [
                "api.example.com", "*.partner.com:443", "8.8.8.0/24", "localhost:9000", "10.1.0.0/16",
                "inside:hooks.example.org:8080",
            ]
        )
        for (host, port) in [
            ("api.example.com", 1), ("a.partner.com", 443), ("8.8.8.9", 80), ("localhost", 9000), ("10.1.2.3", 7),
            ("hooks.example.org", 8080),
        ] {
            #expect(policy.names(host, port: port), "\(host):\(port)")
            #expect(policy.refusal(of: host, port: port) == nil, "\(host):\(port)")
        }
        for (host, port) in [
            ("example.com", 443), ("a.partner.com", 80), ("partner.com", 443), ("9.9.9.9", 80), ("localhost", 9001),
            ("10.2.0.1", 7), ("hooks.example.org", 80),
        ] {
            #expect(!policy.names(host, port: port), "\(host):\(port)")
        }
        // An opened host leaves public hosts as they were, and names none of them.
        let opening = try EndpointPolicy(allowing: ["localhost:9000"])
        #expect(opening.refusal(of: "example.com", port: 443) == nil)
        #expect(!opening.names("example.com", port: 443))
    }

    @Test func `a listed name does not lead inside and a marked one does`() throws {
        let inside = IPAddress.v4(0x0A00_0001)
        let outside = IPAddress.v4(0x0808_0808)
        let listed = try EndpointPolicy(allowing: ["reports.example.com"])
        let marked = try EndpointPolicy(allowing: ["inside:reports.example.com:9000", "inside:*.corp.example.com"])
        #expect(!listed.permits(inside, port: 9000, for: "reports.example.com"))
        #expect(listed.permits(outside, port: 9000, for: "reports.example.com"))
        #expect(marked.permits(inside, port: 9000, for: "reports.example.com"))
        #expect(!marked.permits(inside, port: 9001, for: "reports.example.com"))
        #expect(marked.permits(inside, port: 1, for: "a.corp.example.com"))
        #expect(!marked.permits(inside, port: 1, for: "corp.example.com"))
        #expect(marked.refusal(of: "example.com", port: 80) == nil)
    }

    @Test func `an opened address is open to every name, and port 0 to none`() throws {
        let policy = try EndpointPolicy(allowing: ["127.0.0.1:9000"])
        #expect(policy.permits(.v4(0x7F00_0001), port: 9000, for: "anything.example"))
        #expect(policy.permits(.v6(0xFFFF_7F00_0001), port: 9000, for: "anything.example"))
        #expect(!policy.permits(.v4(0x7F00_0001), port: 9001, for: "anything.example"))
        #expect(!policy.permits(.v6(1), port: 9000, for: "anything.example"))
        #expect(!policy.permits(.v4(0x0808_0808), port: 0, for: "anything.example"))
    }

    @Test func `what is closed is closed to every spelling and every socket, whatever opens it`() throws {
        let closed = [
            "8.8.8.0/24", "evil.example", "*.bad.example", "10.1.0.0/16", "9.9.9.9:25", "0.0.0.0/1", "[2600::1]",
        ]
        for entries in [[], ["*"], ["8.8.8.8", "evil.example", "a.bad.example", "10.1.2.3", "inside:evil.example"]] {
            let policy = try EndpointPolicy(allowing: entries, closing: closed)
            for (host, port) in [
                ("8.8.8.8", 443), ("0x8080808", 443), ("::ffff:8.8.8.8", 443), ("evil.example", 80),
                ("a.bad.example", 1), ("10.1.2.3", 80), ("9.9.9.9", 25), ("64.0.0.1", 80), ("2600::1", 443),
            ] {
                #expect(policy.refusal(of: host, port: port) == .notAllowed, "\(host):\(port)")
                #expect(!policy.names(host, port: port), "\(host):\(port)")
                let address = IPAddress(host) ?? .v4(0xC000_0001)
                #expect(!policy.permits(address, port: port, for: host), "\(host):\(port)")
                #expect(!policy.permits(address, port: port, for: "a.example") || IPAddress(host) == nil, "\(host)")
            }
            #expect(policy.permits(.v4(0xDEAD_BEEF), port: 80, for: "a.example"))
        }
    }

    @Test func `ports bound what no entry with a port names`() throws {
        let free = try EndpointPolicy(allowing: [], ports: [80, 443])
        #expect(free.refusal(of: "a.example", port: 443) == nil)
        #expect(free.refusal(of: "a.example", port: 22) == .notAllowed)
        #expect(free.permits(.v4(0xDEAD_BEEF), port: 80, for: "a.example"))
        #expect(!free.permits(.v4(0xDEAD_BEEF), port: 6379, for: "a.example"))
        let named = try EndpointPolicy(allowing: ["localhost:9000", "b.example:8443", "c.example", "*"], ports: [443])
        for (host, port, isFree) in [
            ("localhost", 9000, true), ("localhost", 443, false), ("b.example", 8443, true), ("b.example", 443, true),
            ("b.example", 80, false), ("c.example", 443, true), ("c.example", 80, false),
        ] {
            #expect((named.refusal(of: host, port: port) == nil) == isFree, "\(host):\(port)")
            #expect(named.names(host, port: port) == isFree, "\(host):\(port)")
        }
    }

    @Test(arguments: ["", "a b", "10.0.0.0/40", "inside:*"])
    func `what is no entry closes nothing`(text: String) {
        #expect(throws: EndpointPolicyError.malformed(text)) { try EndpointPolicy(allowing: [], closing: [text]) }
    }

    @Test(arguments: [
        "", ":", ":80", "a b", "http://example.com", "example.com:0", "example.com:65536", "example.com:", "a.com:x",
        "*.", "*x.com", "a.*.com", "[::1", "[example.com]:80", "[::1]x", "10.0.0.1/8", "10.0.0.0/40", "::/200",
        "ex\u{E4}mple.com", "inside:", "inside:*", "a,b", "127.0.0.0.0",
    ])
    func `what is no entry is refused`(text: String) {
        #expect(throws: EndpointPolicyError.malformed(text)) { try EndpointPolicy(allowing: [text]) }
    }

    @Test(arguments: ["0.0.0.0/0", "::/0", "172.0.0.0/8", "inside:0.0.0.0/0"])
    func `a range across inside and outside is refused`(text: String) {
        #expect(throws: EndpointPolicyError.mixed(text)) { try EndpointPolicy(allowing: [text]) }
    }

    @Test func `a host called inside is a host`() throws {
        let policy = try EndpointPolicy(allowing: ["inside:8080"])
        #expect(policy.permits(.v4(0x7F00_0001), port: 8080, for: "inside"))
    }
}
