import HTTPTypes
import Support
import Testing
import Web

/// The requests that every route refuses before it is called, on the hot way and on the routed one.
struct RouteTermsTests {
    private static let conditions = [
        "If-None-Match: *", "if-none-match: \"u@1\"", "If-Match: *", "IF-MATCH: \"x\"", "If-Range: \"x\"",
        "If-Modified-Since: Tue, 01 Dec 2026 00:00:00 GMT", "If-Unmodified-Since: Tue, 01 Dec 2026 00:00:00 GMT",
    ]
    private static let previews = [
        "Sec-Purpose: prefetch", "sec-purpose: prefetch;prerender", "Sec-Purpose: prefetch; anonymous-client-ip",
        "Sec-Purpose: PREFETCH", "Purpose: prefetch", "Purpose: preview", "X-Purpose: preview", "X-Moz: prefetch",
        "Sec-Purpose: prerender",
    ]

    private func ask(_ port: Int, _ path: String, _ extra: String, method: String) async throws -> String {
        let client = try await RawConnection.open(port: port)
        let fields = (extra.isEmpty ? "" : extra + "\r\n") + "Connection: close\r\n"
        guard method == "POST" else {
            try await client.send(get(path, fields, method: method))
            return try await client.readToEnd()
        }
        try await client.send("POST \(path) HTTP/1.1\r\nHost: here\r\nContent-Length: 1\r\n\(fields)\r\nx")
        return try await client.readToEnd()
    }

    private static let changing = [
        ("GET", "/hot?now"), ("POST", "/things/a/put"), ("POST", "/s.v1.S/Put"), ("POST", "/echo"),
    ]

    @Test func `a route that changes something refuses a condition that it does not know`() async throws {
        try await withServer { port, _, _ in
            for (method, path) in Self.changing {
                for condition in Self.conditions {
                    let answer = try await self.ask(port, path, condition, method: method)
                    #expect(answer.hasPrefix("HTTP/1.1 400 "), "\(method) \(path) \(condition): \(answer)")
                    #expect(answer.contains("/problems/precondition-unsupported\""), "\(method) \(path) \(condition)")
                }
            }
        }
    }

    @Test func `a route that changes something refuses whoever only prepares for a visitor`() async throws {
        try await withServer { port, _, _ in
            for (method, path) in Self.changing {
                for preview in Self.previews {
                    let answer = try await self.ask(port, path, preview, method: method)
                    #expect(answer.hasPrefix("HTTP/1.1 403 "), "\(method) \(path) \(preview): \(answer)")
                    #expect(answer.contains("/problems/prefetch-refused\""), "\(method) \(path) \(preview)")
                }
            }
        }
    }

    @Test func `another purpose is none of ours, and one that only reads may be asked ahead of a visitor`()
        async throws
    {
        try await withServer { port, _, _ in
            for extra in ["Purpose: work", "Sec-Purpose: ", "X-Moz: x", "Sec-Purpose: prefetching"] {
                let answer = try await self.ask(port, "/things/a/put", extra, method: "POST")
                #expect(answer.hasSuffix("routed x"), "\(extra)")
            }
            for extra in Self.previews + Self.conditions {
                let answer = try await self.ask(port, "/plain", extra, method: "GET")
                #expect(answer.hasSuffix("plain"), "\(extra)")
            }
        }
    }

    @Test(
        arguments: [
            ("GET", "/plain?a", "parameter-invalid"), ("GET", "/plain?%zz", "parameter-invalid"),
            ("GET", "/plain?=", "parameter-invalid"), ("GET", "/hot?now&now", "duplicate-parameter"),
            ("GET", "/hot?now&x=%ff", "parameter-invalid"), ("POST", "/things/a/put?dry_run=true", "parameter-invalid"),
            ("POST", "/things/a/put?bad=%zz", "parameter-invalid"), ("POST", "/s.v1.S/Put?a", "parameter-invalid"),
            ("POST", "/echo?text=a&text=b", "duplicate-parameter"), ("GET", "/items/a?page=1&x=2", "parameter-invalid"),
            ("GET", "/items/a?page=1&p%61ge=1", "duplicate-parameter"),
        ]
    )
    func `a query that the route does not read is refused`(method: String, path: String, slug: String) async throws {
        try await withServer { port, _, _ in
            let answer = try await self.ask(port, path, "", method: method)
            #expect(answer.hasPrefix("HTTP/1.1 400 ") && answer.contains("/problems/\(slug)\""), "\(answer)")
        }
    }

    @Test func `a query that the route reads, or an empty one, is no reason to refuse`() async throws {
        try await withServer { port, _, _ in
            for path in ["/plain", "/plain?", "/plain?&"] {
                let answer = try await self.ask(port, path, "", method: "GET")
                #expect(answer.hasSuffix("plain"), "\(path)")
            }
            let answer = try await self.ask(port, "/items/a?p%61ge=7&size=1", "", method: "GET")
            #expect(answer.hasSuffix("a7"))
        }
    }

    private static func refusal(_ query: RouteQuery) -> String {
        do throws(Problem) {
            _ = try query.read("/x?wrong")
            return ""
        } catch { return error.detail ?? "" }
    }

    @Test func `a refusal names the parameters that there are`() {
        #expect(Self.refusal(.none) == "This route has no parameters.")
        #expect(Self.refusal(.named(["wait"])) == "The parameter is 'wait'.")
        #expect(
            Self.refusal(.named(["page", "as_of", "cursor"])) == "The parameters are 'page', 'as_of' and 'cursor'."
        )
        #expect(Self.refusal(.ofProtocol).isEmpty)
    }

    @Test func `a route with answers of its own is told what is wrong, and honours what it knows`() async throws {
        try await withServer { port, _, _ in
            for (path, extra, text) in [
                ("/protocol", "If-Match: *", "carried out"),
                ("/protocol", "If-None-Match: *", "precondition-unsupported"),
                ("/protocol?x", "", "parameter-invalid"), ("/protocol", "Purpose: prefetch", "prefetch-refused"),
            ] {
                let answer = try await self.ask(port, path, extra, method: "POST")
                #expect(answer.hasSuffix("\r\n\r\n\(text)"), "\(extra)")
            }
        }
    }
}
