import Foundation
import Logging
import Outbound
import Testing

struct OutboundClientTests {
    private struct Echo: Decodable {
        var method: String
        var target: String
        var headers: [[String]]
        var body: String
    }

    @Test func `a request arrives as it was made and its answer comes back`() async throws {
        let peer = try await Peer("http")
        try await withClient { (client) async throws in
            let endpoint = try Endpoint(trusted: "http://127.0.0.1:\(peer.port)/echo?a=1").appending(query: [("b", "ä")]
            )
            let answer = try await client.send(
                OutboundRequest(
                    .post,
                    endpoint,
                    headers: [("Content-Type", "application/json"), ("X-Empty", "")],
                    body: Array(#"{"n":1}"#.utf8)
                )
            )
            let echo = try JSONDecoder().decode(Echo.self, from: Data(answer.body))
            #expect(answer.status == 200)
            #expect(!answer.isBodyCut)
            #expect(answer["content-length"] == "\(answer.body.count)")
            #expect(echo.method == "POST")
            #expect(echo.target == "/echo?a=1&b=%C3%A4")
            #expect(echo.body == #"{"n":1}"#)
            let names = echo.headers.map { $0[0].lowercased() }.sorted()
            #expect(names == ["accept", "content-length", "content-type", "host", "user-agent", "x-empty"])
            #expect(echo.headers.contains(["User-Agent", "tally"]))
        }
    }

    @Test func `an empty POST has a length and no type`() async throws {
        let peer = try await Peer("http")
        try await withClient { (client) async throws in
            let endpoint = try Endpoint(trusted: "http://127.0.0.1:\(peer.port)/")
            let answer = try await client.send(OutboundRequest(.post, endpoint))
            let echo = try JSONDecoder().decode(Echo.self, from: Data(answer.body))
            #expect(echo.method == "POST")
            #expect(echo.headers.contains(["Content-Length", "0"]))
            #expect(!echo.headers.contains { $0[0].lowercased() == "content-type" })
        }
    }

    @Test func `connections are kept and used again`() async throws {
        let peer = try await Peer("http")
        try await withClient { (client) async throws in
            for _ in 0..<20 { _ = try await client.get("http://127.0.0.1:\(peer.port)/") }
            let counts = try await peer.counts()
            #expect(counts.connections == 1)
            #expect(counts.requests == 20)
        }
    }

    @Test(arguments: [400, 404, 429, 500, 503])
    func `a status is an answer, whatever it says`(status: Int) async throws {
        let peer = try await Peer("http")
        try await withClient { (client) async throws in
            let answer = try await client.get("http://127.0.0.1:\(peer.port)/status/\(status)")
            #expect(answer.status == status)
        }
    }

    @Test func `an interim answer is skipped with its headers`() async throws {
        let peer = try await Peer("http")
        try await withClient { (client) async throws in
            let answer = try await client.get("http://127.0.0.1:\(peer.port)/interim")
            #expect(answer.status == 200)
            #expect(answer["link"] == nil)
            #expect(answer["x-own"] == "1")
            #expect(answer.body == Array("done".utf8))
        }
    }

    @Test func `nothing is unpacked`() async throws {
        let peer = try await Peer("http")
        try await withClient { (client) async throws in
            let answer = try await client.get("http://127.0.0.1:\(peer.port)/gzip")
            #expect(answer.body.starts(with: [0x1F, 0x8B]))
        }
    }

    @Test(arguments: [301, 302, 303, 307, 308])
    func `redirects are not followed`(status: Int) async throws {
        let peer = try await Peer("http")
        try await withClient { (client) async throws in
            let targets = ["http://127.0.0.1:\(peer.port)/inside", "file:///etc/passwd", "//127.0.0.1:\(peer.port)/"]
            for target in targets {
                let answer = try await client.get("http://127.0.0.1:\(peer.port)/redirect/\(status)/\(target)")
                #expect(answer.status == status)
                #expect(answer["location"] == target)
            }
            #expect(try await peer.counts().requests == targets.count)
        }
    }

    @Test func `a gigabyte of body is read up to the limit`() async throws {
        let peer = try await Peer("http")
        try await withClient { (client) async throws in
            let answer = try await client.get("http://127.0.0.1:\(peer.port)/gigabyte")
            #expect(answer.status == 200)
            #expect(answer.isBodyCut)
            #expect(answer.body == Array(repeating: UInt8(ascii: "x"), count: 4096))
            // The rest is not swallowed either: the connection is closed.
            #expect(try await eventually { try await peer.counts().open == 0 })
            let other = try await client.get("http://127.0.0.1:\(peer.port)/gigabyte", bodyLimit: 0)
            #expect(other.body.isEmpty && other.isBodyCut)
        }
    }

    @Test func `a body of exactly the limit is not cut`() async throws {
        let peer = try await Peer("http")
        try await withClient { (client) async throws in
            let answer = try await client.get("http://127.0.0.1:\(peer.port)/slow/0", bodyLimit: 4)
            #expect(answer.body == Array("slow".utf8))
            #expect(!answer.isBodyCut)
        }
    }

    @Test(arguments: ["never", "drip"])
    func `an answer that does not end is given up in time, and may have counted`(path: String) async throws {
        let peer = try await Peer("http")
        try await withClient { (client) async throws in
            // With a connection that is ready, only the answer can take long.
            _ = try await client.get("http://127.0.0.1:\(peer.port)/")
            await #expect(throws: OutboundError.outcomeUnknown(.timedOut)) {
                try await client.get("http://127.0.0.1:\(peer.port)/\(path)", timeout: .seconds(1))
            }
            let isClosed = try await eventually { try await peer.counts().open == 0 }
            #expect(isClosed)
        }
    }

    @Test func `a connection that never comes is given up in time, and nothing was sent`() async throws {
        let peer = try await Peer("hole")
        try await withClient {
            $0.connectTimeout = .milliseconds(200)
        } body: { (client) async throws in
            await #expect(throws: OutboundError.notSent(.timedOut)) {
                try await client.get("http://127.0.0.1:\(peer.port)/")
            }
        }
    }

    @Test func `to a closed port nothing is sent`() async throws {
        let port = try await Peer("http").port
        try await withClient { (client) async throws in
            await #expect(throws: OutboundError.notSent(.unreachable)) {
                try await client.get("http://127.0.0.1:\(port)/")
            }
        }
    }

    @Test(arguments: ["close": OutboundError.Cause.reset, "garbage": .malformedResponse, "flood": .malformedResponse])
    func `a server that breaks the rules leaves the outcome unknown`(
        path: String,
        cause: OutboundError.Cause
    ) async throws {
        let peer = try await Peer("http")
        try await withClient { (client) async throws in
            await #expect(throws: OutboundError.outcomeUnknown(cause)) {
                try await client.get("http://127.0.0.1:\(peer.port)/\(path)")
            }
        }
    }

    @Test func `a dead kept connection repeats a GET and not a POST`() async throws {
        let peer = try await Peer("http")
        try await withClient { (client) async throws in
            let endpoint = try Endpoint(trusted: "http://127.0.0.1:\(peer.port)/fickle")
            #expect(try await client.send(OutboundRequest(.get, endpoint)).status == 200)
            #expect(try await client.send(OutboundRequest(.get, endpoint)).status == 200)
            #expect(try await peer.counts().requests == 3)
            await #expect(throws: OutboundError.outcomeUnknown(.reset)) {
                try await client.send(OutboundRequest(.post, endpoint))
            }
            #expect(try await peer.counts().requests == 4)
            #expect(try await client.send(OutboundRequest(.get, endpoint)).status == 200)
            #expect(try await client.send(OutboundRequest(.post, endpoint, isRepeatable: true)).status == 200)
        }
    }

    @Test(arguments: ["a\r\nb", "a\nb", "a\u{0}b", "a\u{7F}"])
    func `a header that would break the message is refused`(value: String) async throws {
        let peer = try await Peer("http")
        try await withClient { (client) async throws in
            let endpoint = try Endpoint(trusted: "http://127.0.0.1:\(peer.port)/")
            for header in [("X-A", value), (value, "x"), ("X A", "x"), ("", "x"), ("Host", "other"), ("X:", "x")] {
                await #expect(throws: OutboundError.notSent(.invalidRequest)) {
                    try await client.send(OutboundRequest(.get, endpoint, headers: [header]))
                }
            }
            #expect(try await peer.counts().requests == 0)
        }
    }

    @Test func `a thousand requests at once, and a slow endpoint holds up none of them`() async throws {
        let fast = try await Peer("http")
        let slow = try await Peer("http")
        try await withClient {
            $0.queueLimit = 16_384
            $0.queueLimitPerHost = 16_384
        } body: { (client) async throws in
            try await withThrowingTaskGroup(of: Int.self) { stuck in
                for _ in 0..<1000 {
                    stuck.addTask { (try? await client.get("http://127.0.0.1:\(slow.port)/never"))?.status ?? 0 }
                }
                #expect(try await eventually { try await slow.counts().requests == 8 })
                let answers = try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<3000 {
                        group.addTask { try await client.get("http://127.0.0.1:\(fast.port)/").status }
                    }
                    return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
                }
                #expect(answers == [200: 3000])
                #expect(try await fast.counts().connections <= 8)
                #expect(try await slow.counts().requests == 8)
                stuck.cancelAll()
                #expect(try await stuck.reduce(0, +) == 0)
            }
        }
    }
}
