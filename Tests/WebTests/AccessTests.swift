import Support
import Synchronization
import Testing
import Web

/// A guard that knows one key, which may do one thing.
final class OneKeyGuard: AccessGuard {
    let refusals = Mutex<[AccessRefusal]>([])

    func refused(_ refusal: AccessRefusal) { self.refusals.withLock { $0.append(refusal) } }

    func judge(_ authorization: [String], for scope: Scope) -> AccessVerdict {
        if scope == .open { return .admitted(.anonymous) }
        guard let value = authorization.first else { return .refused(.keyMissing) }
        if value == "Bearer away" { return .refused(.unavailable) }
        guard value == "Bearer right" else { return .refused(.keyInvalid) }
        return scope == .write("hot") ? .admitted(Caller(name: "shop")) : .refused(.scopeMissing(scope.name ?? ""))
    }
}

@Suite("The callers that may make a request")
struct AccessTests {
    private static func ask(_ port: Int, _ line: String, key: String?, body: String? = nil) async throws -> String {
        let connection = try await RawConnection.open(port: port)
        var text = "\(line) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
        if let key { text += "authorization: Bearer \(key)\r\n" }
        if let body { text += "Content-Length: \(body.utf8.count)\r\n" }
        try await connection.send("\(text)\r\n\(body ?? "")")
        return try await connection.readToEnd()
    }

    @Test func `a request without the right key is refused, by a hot route as by others`() async throws {
        let guardian = OneKeyGuard()
        try await withServer(access: guardian) { port, _, _ in
            for line in ["GET /hot?now", "GET /hot?else", "GET /closed"] {
                let missing = try await Self.ask(port, line, key: nil)
                #expect(missing.hasPrefix("HTTP/1.1 401 "), "\(line)")
                #expect(missing.lowercased().contains("www-authenticate: bearer realm=\"tally\"\r\n"))
                #expect(missing.contains("\"type\":\"/problems/unauthorized\""))
                let wrong = try await Self.ask(port, line, key: "wrong")
                #expect(wrong.hasPrefix("HTTP/1.1 401 ") && wrong.contains("error=\"invalid_token\""))
                #expect(try await Self.ask(port, line, key: "away").hasPrefix("HTTP/1.1 503 "))
            }
            #expect(try await Self.ask(port, "GET /hot?now", key: "right").hasSuffix("\r\n\r\nnow"))
            let forbidden = try await Self.ask(port, "GET /closed", key: "right")
            #expect(forbidden.hasPrefix("HTTP/1.1 403 ") && forbidden.contains("/problems/forbidden"))
            #expect(forbidden.contains("scope=\"closed:read\""))
            #expect(try await Self.ask(port, "GET /plain", key: nil).hasSuffix("plain"))
            #expect(try await Self.ask(port, "GET /nowhere", key: nil).hasPrefix("HTTP/1.1 404 "))
            // Each of the ten was told of once, also where a hot route had judged it before.
            #expect(guardian.refusals.withLock { $0.count } == 10)
        }
    }

    @Test func `a body goes to no handler that its caller may not use`() async throws {
        try await withServer(access: OneKeyGuard()) { port, _, _ in
            let line = "POST /things/a/put"
            let answers = [
                try await Self.ask(port, line, key: nil, body: "hi"),
                try await Self.ask(port, line, key: nil, body: "no"),
                try await Self.ask(port, line, key: "right", body: "hi"),
                try await Self.ask(port, line, key: "right", body: "no"),
            ]
            #expect(answers[0].hasPrefix("HTTP/1.1 401 "))
            #expect(answers[1].hasPrefix("HTTP/1.1 401 "))
            #expect(answers[2].hasSuffix("hot 13 hi"))
            #expect(answers[3].hasSuffix("routed no"))
        }
    }
}
