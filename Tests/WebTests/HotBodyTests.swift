import FoundationEssentials
import NIOCore
import Support
import Testing
import Web

/// Requests with a body, which a hot route gets only whole and at once.
struct HotBodyTests {
    private func post(_ body: String, _ extra: String = "", path: String = "/things/a/put") -> String {
        "POST \(path) HTTP/1.1\r\nHost: here\r\nContent-Length: \(body.utf8.count)\r\n\(extra)\r\n\(body)"
    }

    /// The bodies of all answers, in order.
    private func bodies(_ text: String) -> [String] {
        text.components(separatedBy: "\r\n\r\n").dropFirst().map { String($0.prefix { $0 != "H" }) }
    }

    @Test func `a body that comes with its head is answered hot, and declined ones reach the router whole`()
        async throws
    {
        try await withServer { port, _, _ in
            let client = try await RawConnection.open(port: port)
            let requests = self.post("x") + get("/plain") + self.post("no") + self.post("yy", path: "/things/bc/put")
            try await client.send(
                requests + self.post("", path: "/things/a/put") + get("/plain", "Connection: close\r\n")
            )
            let text = try await client.readToEnd()
            #expect(self.bodies(text) == ["hot 13 x", "plain", "routed no", "hot 14 yy", "routed ", "plain"])
        }
    }

    @Test(
        arguments: [
            ("/s.v1.S/Put", "hot 11 x"), ("/s.v1.S/Put?a=b", "/problems/parameter-invalid"), ("/s.v1.S/Put?", "routed"),
            ("/s.v1.S/Putt", "/problems/not-found"), ("/s.v1.S/Pu", "/problems/not-found"),
        ]
    )
    func `a hot route of one path takes no other`(path: String, body: String) async throws {
        try await withServer { port, _, _ in
            let client = try await RawConnection.open(port: port)
            try await client.send(self.post("x", "Connection: close\r\n", path: path))
            #expect(try await client.readToEnd().contains(body))
        }
    }

    @Test func `a body that comes later goes the router's way`() async throws {
        try await withServer { port, _, _ in
            let request = self.post("body", "Connection: close\r\n")
            var bodies: Set<String> = []
            for cut in 1..<request.utf8.count {
                let client = try await RawConnection.open(port: port)
                try await client.send(String(request.prefix(cut)))
                try await Task.sleep(for: .milliseconds(3))
                try await client.send(String(request.dropFirst(cut)))
                let body = self.bodies(try await client.readToEnd())
                #expect(body == ["routed body"] || body == ["hot 13 body"], "cut at \(cut): \(body)")
                bodies.formUnion(body)
            }
            // A cut within the head leaves the body with the rest of it, one behind the head does not.
            #expect(bodies == ["routed body", "hot 13 body"])
        }
    }

    @Test(
        arguments: [
            "POST /things/a/put HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
            "POST /things/a/put HTTP/1.1\r\nHost: here\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
        ]
    )
    func `chunks and expectations go the router's way`(request: String) async throws {
        try await withServer { port, _, _ in
            let client = try await RawConnection.open(port: port)
            try await client.send(request)
            let text = try await client.read { $0.hasSuffix("routed x") }
            #expect(text.contains("HTTP/1.1 200"))
            client.close()
        }
    }

    @Test func `a body beyond the limit, a broken one and one that never ends are refused as ever`() async throws {
        try await withServer(limits { $0.bodyDeadline = .milliseconds(200) }) { port, _, _ in
            let head = "POST /things/a/put HTTP/1.1\r\nHost: here\r\n"
            for (request, status) in [
                (head + "Content-Length: 99999999\r\n\r\nx", 413), (head + "Content-Length: 5\r\n\r\nx", 408),
                (self.post("x") + "not http\r\n\r\n", 400),
            ] {
                let client = try await RawConnection.open(port: port)
                try await client.send(request)
                #expect(statuses(try await client.readToEnd()).last == status)
            }
        }
    }

    @Test func `a body behind an upgrade that nobody takes is read`() async throws {
        try await withServer { port, _, _ in
            let client = try await RawConnection.open(port: port)
            let head = "POST /things/a/put HTTP/1.1\r\nHost: here\r\nUpgrade: x\r\nConnection: upgrade\r\n"
            try await client.send(head + "Content-Length: 4\r\n\r\n")
            try await Task.sleep(for: .milliseconds(20))
            try await client.send("late")
            #expect(statuses(try await client.readToEnd()) == [200])
        }
    }

    @Test func `a client that ends its input behind half a body leaves nothing behind`() async throws {
        try await withServer { port, _, _ in
            for _ in 0..<20 {
                let client = try await RawConnection.open(port: port)
                try await client.send("POST /things/a/put HTTP/1.1\r\nHost: here\r\nContent-Length: 5\r\n\r\nx")
                client.close()
            }
            let client = try await RawConnection.open(port: port)
            try await client.send(self.post("x", "Connection: close\r\n"))
            #expect(self.bodies(try await client.readToEnd()) == ["hot 13 x"])
        }
    }
}
