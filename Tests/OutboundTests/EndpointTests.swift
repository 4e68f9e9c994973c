import Outbound
import Testing

struct EndpointTests {
    private let anywhere: EndpointPolicy

    init() throws {
        self.anywhere = try EndpointPolicy(allowing: [])
    }

    @Test(arguments: [
        "http://127.0.0.1", "http://127.0.0.1/", "https://127.0.0.1:8443/x?y", "http://0", "http://127.1",
        "http://2130706433", "http://0x7f.1", "http://0x7f000001", "http://0177.0.0.1", "http://017700000001",
        "http://[::1]", "http://[::]", "http://[0:0:0:0:0:0:0:1]:80/", "http://[::ffff:127.0.0.1]",
        "http://[::FFFF:7F00:1]", "http://[64:ff9b::7f00:1]", "http://[2002:7f00:1::]", "http://[fd00::1]",
        "http://[fe80::1]", "http://[ff02::1]", "http://[::7f00:1]", "http://169.254.169.254/latest/meta-data",
        "http://100.64.0.1", "http://0.0.0.0", "http://10.0.0.1", "http://172.31.255.255", "http://192.168.1.1",
        "http://198.18.0.1", "http://224.0.0.1", "http://255.255.255.255", "http://127.0.0.1.", "http://2130706433.",
        "http://localhost", "HTTP://LOCALHOST:80", "http://localhost.", "http://a.localhost", "http://ip6-localhost",
        "http://localhost.localdomain", "http://[::ffff:a9fe:a9fe]",
    ])
    func `an inside address is refused in any notation`(text: String) {
        #expect(throws: EndpointError.insideAddress) { try Endpoint(untrusted: text, policy: self.anywhere) }
    }

    @Test(arguments: [
        "", " ", "/", "//x", "//example.com/", "#", "?", "x", "example.com", "http", "http:", "http:/", "http://",
        "http:///", "http:///example.com", "http:example.com", "http:/example.com", "http://?x", "http://#x",
        "http://:80/", "http:// example.com", "http://example.com /", "http://example.com/a b", "http://example.com/\t",
        "http://example.com/\r\nX: y", "http://example.com/\n", "\nhttp://example.com", "http://exam\u{0}ple.com",
        "http:\\\\example.com", "http://example.com\\@127.0.0.1/", "http://example.com/\\", "http://127。0。0。1",
        "http://①②⑦.⓪.⓪.①", "http://１２７.0.0.1", "http://ex\u{E4}mple.com", "http://%31%32%37.0.0.1",
        "http://local%68ost", "http://127.0.0.1%00.example.com", "http://example.com:0", "http://example.com:65536",
        "http://example.com:99999999999", "http://example.com:x", "http://example.com:-1", "http://example.com:80:80",
        "http://[::1", "http://[]", "http://[x]", "http://[fe80::1%25eth0]", "http://[127.0.0.1]", "http://::1",
        "http://example..com", "http://.example.com", "http://example.com..", "http://1.2.3.4.5", "http://256.1.1.1",
        "http://0x100000000", "http://example.08", "http://a.0x1g.1", "http://exa$mple.com", "http://a,b.com",
        "http://\(String(repeating: "a", count: 64)).com", "http://\(String(repeating: "a.", count: 127))com",
        "1http://example.com", ":", "http",
    ])
    func `what is no URL is malformed, trusted or not`(text: String) {
        #expect(throws: EndpointError.malformed) { try Endpoint(untrusted: text, policy: self.anywhere) }
        #expect(throws: EndpointError.malformed) { try Endpoint(trusted: text) }
    }

    @Test(arguments: [
        "file:///etc/passwd", "gopher://example.com/", "ftp://example.com/", "dict://example.com:11211/stat",
        "host:6379", "javascript:alert(1)", "data:text/plain,x", "ws://example.com", "unix:/run/x", "localhost:80",
        "mailto:a@b.com", "httpx://example.com",
    ])
    func `another scheme is refused, trusted or not`(text: String) {
        #expect(throws: EndpointError.scheme) { try Endpoint(untrusted: text, policy: self.anywhere) }
        #expect(throws: EndpointError.scheme) { try Endpoint(trusted: text) }
    }

    @Test(arguments: [
        "http://user@example.com", "http://user:secret@example.com/", "http://@example.com", "http://:@example.com",
        "http://example.com@127.0.0.1/", "http://127.0.0.1@example.com/", "http://a@b@example.com",
    ])
    func `a user name is refused, trusted or not`(text: String) {
        #expect(throws: EndpointError.userInfo) { try Endpoint(untrusted: text, policy: self.anywhere) }
        #expect(throws: EndpointError.userInfo) { try Endpoint(trusted: text) }
    }

    @Test func `a text may have 2048 bytes and no more`() throws {
        let start = "http://example.com/"
        let longest = start + String(repeating: "a", count: 2048 - start.utf8.count)
        #expect(try Endpoint(untrusted: longest, policy: self.anywhere).text == longest)
        #expect(throws: EndpointError.tooLong) { try Endpoint(untrusted: longest + "a", policy: self.anywhere) }
        #expect(throws: EndpointError.tooLong) { try Endpoint(trusted: start + String(repeating: "a", count: 4096)) }
    }

    @Test(arguments: [
        ("http://example.com", "http://example.com/", "example.com", 80),
        ("HTTPS://Example.COM:443/A/../B?C=d#frag", "https://example.com/B?C=d", "example.com", 443),
        ("http://example.com:8080", "http://example.com:8080/", "example.com", 8080),
        ("http://example.com:/", "http://example.com/", "example.com", 80),
        ("http://example.com.:81/", "http://example.com.:81/", "example.com", 81),
        ("http://example.com?a=1", "http://example.com/?a=1", "example.com", 80),
        ("http://example.com/\u{E4}?\u{E4}", "http://example.com/%C3%A4?%C3%A4", "example.com", 80),
        ("http://example.com/a@b:c?x@y", "http://example.com/a@b:c?x@y", "example.com", 80),
        ("http://8.8.8.8/", "http://8.8.8.8/", "8.8.8.8", 80),
        ("http://134744072/", "http://8.8.8.8/", "8.8.8.8", 80),
        ("http://[2606:4700::1111]:8443/", "http://[2606:4700::1111]:8443/", "2606:4700::1111", 8443),
        ("http://my_host-1.example.com/", "http://my_host-1.example.com/", "my_host-1.example.com", 80),
        ("http://xn--exmple-cua.com/", "http://xn--exmple-cua.com/", "xn--exmple-cua.com", 80),
        ("http://127.0.0.1.nip.io/", "http://127.0.0.1.nip.io/", "127.0.0.1.nip.io", 80),
    ])
    func `a public URL is taken and normalised`(text: String, normal: String, host: String, port: Int) throws {
        let endpoint = try Endpoint(untrusted: text, policy: self.anywhere)
        #expect(endpoint.text == normal)
        #expect(endpoint.host == host)
        #expect(endpoint.port == port)
        #expect(!endpoint.isTrusted)
        // Normal is what it stays, so that what is stored and read again is the same endpoint.
        #expect(try Endpoint(untrusted: normal, policy: self.anywhere) == endpoint)
    }

    @Test(arguments: [
        ("http://127.0.0.1:9000/x", "127.0.0.1", 9000), ("http://localhost", "localhost", 80),
        ("https://[::1]:8443/", "::1", 8443), ("http://redis:6379", "redis", 6379),
        ("http://2130706433", "127.0.0.1", 80),
    ])
    func `the operator's own URL may lead anywhere`(text: String, host: String, port: Int) throws {
        let endpoint = try Endpoint(trusted: text)
        #expect(endpoint.host == host)
        #expect(endpoint.port == port)
        #expect(endpoint.isTrusted)
    }

    @Test(arguments: [
        ("http://a.com", "http://a.com/?count=3&minute=a%20b%26c"),
        ("http://a.com/?", "http://a.com/?count=3&minute=a%20b%26c"),
        ("http://a.com/x?y=1", "http://a.com/x?y=1&count=3&minute=a%20b%26c"),
        ("http://a.com/x?y=1&", "http://a.com/x?y=1&count=3&minute=a%20b%26c"),
        ("http://a.com/x?y#z", "http://a.com/x?y&count=3&minute=a%20b%26c"),
    ])
    func `parameters go behind those that are there`(text: String, expected: String) throws {
        let endpoint = try Endpoint(untrusted: text, policy: self.anywhere)
        let merged = endpoint.appending(query: [("count", "3"), ("minute", "a b&c")])
        #expect(merged.text == expected)
        #expect(merged.host == endpoint.host && merged.port == endpoint.port && !merged.isTrusted)
        #expect(endpoint.appending(query: []) == endpoint)
    }

    @Test func `a key is the same everywhere and for ever`() throws {
        // FNV-1a of 64 bits, computed apart from this code.
        #expect(try Endpoint(trusted: "http://a.com/").key == "10b87378049a7786")
        #expect(try Endpoint(trusted: "http://a.com/x").key == "03e432efd279e49a")
    }
}
