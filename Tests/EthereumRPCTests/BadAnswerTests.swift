import Ethereum
import EthereumRPC
import Outbound
import Support
import Testing

/// The answers of a node, or of a proxy before it, that is not itself.
@Suite
struct BadAnswerTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let reply: ScriptedNode.Reply
        let error: NodeError
        let outcome: SubmitOutcome

        init(_ name: String, _ reply: ScriptedNode.Reply, _ error: NodeError, _ outcome: SubmitOutcome) {
            self.name = name
            self.reply = reply
            self.error = error
            self.outcome = outcome
        }

        var testDescription: String { self.name }
    }

    private static let limited =
        "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32005,\"message\":\"slow down\"}}"
    private static let nested = String(repeating: "[", count: 100_000)

    static let cases: [Case] = [
        Case("502", .http(502, body: "<html><body>Bad Gateway"), .status(502), .unknown(.status(502))),
        Case("503", .http(503, body: ""), .status(503), .unknown(.status(503))),
        Case("403", .http(403, body: "<html>Access denied"), .status(403), .notSent(.status(403))),
        Case("redirect", .http(302, body: "{}", headers: [("location", "/")]), .status(302), .notSent(.status(302))),
        Case("429", .http(429, body: "calm down"), .rateLimited(retryAfter: nil), .rateLimited),
        Case(
            "429 with a time",
            .http(429, body: "", headers: [("retry-after", "7")]),
            .rateLimited(retryAfter: .seconds(7)),
            .rateLimited
        ),
        Case("429 in JSON", .http(429, body: Self.limited), .rateLimited(retryAfter: nil), .rateLimited),
        Case("rate limit", .http(200, body: Self.limited), .rateLimited(retryAfter: nil), .rateLimited),
        Case("a ban page", .http(200, body: "<html>You are banned"), .malformed, .unknown(.malformed)),
        Case("nothing", .http(200, body: ""), .malformed, .unknown(.malformed)),
        Case("half of JSON", .http(200, body: "[{\"id\":0,"), .malformed, .unknown(.malformed)),
        Case("no UTF-8", .http(200, body: "[\u{FFFF}]\u{0}"), .malformed, .unknown(.malformed)),
        Case("other JSON", .http(200, body: "{\"status\":\"ok\"}"), .malformed, .unknown(.malformed)),
        Case("deep", .http(200, body: Self.nested), .malformed, .unknown(.malformed)),
        Case("empty batch", .http(200, body: "[]"), .malformed, .unknown(.malformed)),
        Case(
            "half",
            .half("[{\"id\":0,\"result\":\"0x1\"},"),
            .outcomeUnknown(.reset),
            .unknown(.outcomeUnknown(.reset))
        ),
        Case("reset", .reset, .outcomeUnknown(.reset), .unknown(.outcomeUnknown(.reset))),
        Case("huge", .bytes(4_000_000), .tooLarge, .unknown(.tooLarge)),
    ]

    @Test(arguments: Self.cases)
    func `a bad answer is an error, and the next good one an answer`(_ bad: Case) async throws {
        let node = try await ScriptedNode()
        try await withNodes([node]) { nodes in
            node.change { $0.reply = { _, _ in bad.reply } }
            let error = await failure { () async throws(NodeError) in
                try await nodes.test.transactionCount(of: .zero, .latest)
            }
            #expect(error == bad.error)
            node.change { $0.reply = nil }
            try await eventually("the node is up") { await nodes.probe().nodes[0].status == .healthy }
            let count = try await nodes.test.transactionCount(of: .zero, .latest)
            #expect(count == 7)
        }
    }

    @Test(arguments: Self.cases)
    func `a bad answer says whether a transaction may be with the node`(_ bad: Case) async throws {
        let node = try await ScriptedNode()
        try await withNodes([node]) { nodes in
            node.change { $0.reply = { _, _ in bad.reply } }
            #expect(await nodes.test.submit(["0x01", "0x02"]) == [bad.outcome, bad.outcome])
            // It went out once, whatever came back.
            #expect(node.calls("eth_sendRawTransaction").map(\.text) == ["0x01", "0x02"])
        }
    }

    @Test
    func `a node that hangs is given up in time`() async throws {
        let node = try await ScriptedNode()
        try await withNodes([node]) {
            $0.callTimeout = .milliseconds(100)
        } body: { nodes in
            node.change { $0.reply = { _, _ in .silence } }
            #expect(await nodes.test.submit(["0x01"]) == [.unknown(.outcomeUnknown(.timedOut))])
            #expect(nodes.report.nodes[0].status == .failing)
            #expect(await nodes.test.submit(["0x01"]) == [.notSent(.noNode)])
        }
    }

    @Test
    func `nobody there is not sent`() async throws {
        let node = try await ScriptedNode()
        try await withNodes([node]) { nodes in
            // The connection that the probe left behind would say something else.
            let port = try freePort()
            try await withNodes(at: [try Endpoint(trusted: "http://127.0.0.1:\(port)/")]) { others in
                others.use(.test)
                await others.probe()
                #expect(others.report.verdict == .unreachable)
                #expect(others.report.nodes[0].status == .failing)
            }
            #expect(nodes.report.verdict == .accepted)
        }
    }

    @Test
    func `a node that does not say its chain is not used`() async throws {
        for (method, member) in [
            ("eth_chainId", "\"result\":null"), ("eth_chainId", "\"error\":{\"code\":1,\"message\":\"no\"}"),
            ("eth_getBlockByNumber", "\"result\":null"),
        ] {
            let node = try await ScriptedNode { $0.members[method] = member }
            try await withNodes([node]) { nodes in
                #expect(nodes.report.nodes[0].status == .failing, "\(method) \(member)")
                #expect(await nodes.test.submit(["0x01"]) == [.notSent(.noNode)])
            }
        }
    }
}
