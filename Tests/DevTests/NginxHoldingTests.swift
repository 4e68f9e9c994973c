import Dev
import Hummingbird
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Support
import Testing
import Web

/// Clients that hold what others need, through nginx, in front of one instance with tiny limits.
struct NginxHoldingTests {
    /// An instance whose one place of work, and nginx in front of it.
    private func withEntry(
        _ logs: CapturedLogs = CapturedLogs(),
        _ body: @Sendable @escaping (NginxEntry, Int) async throws -> Void
    ) async throws {
        var configuration = WebConfiguration(port: 0)
        configuration.concurrentRequestLimit = 1
        configuration.bodyDeadline = .milliseconds(500)
        var router = WebRouter()
        router.on(.get, "/plain", scope: .open, query: .none, effect: .reads) { _, _ in Response(text: "plain") }
        router.on(.post, "/users/{uid}/add", scope: .open, query: .none, effect: .changes(), content: .json()) {
            request,
            _ in
            var request = request
            return Response(text: "added \(try await request.collectBody(upTo: 100).readableBytes)")
        }
        router.on(
            .post,
            "/coupon.v1.CouponService/IssueCoupon",
            scope: .open,
            query: .none,
            effect: .changes(),
            isLimited: false,
            content: .streamed
        ) { request, _ in
            var request = request
            return Response(text: "issued \(try await request.collectBody(upTo: 100).readableBytes)")
        }
        let bound = AsyncStream<Int>.makeStream()
        let server = WebServer(
            configuration: configuration,
            router: router,
            observer: RequestObserver(logger: logs.logger(), accessLogSample: 1),
            drain: DrainSignal(),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: logs.logger(),
            onBound: { bound.continuation.yield($0) }
        )
        let group = ServiceGroup(configuration: .init(services: [server], logger: logs.logger()))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            var ports = bound.stream.makeAsyncIterator()
            let port = try #require(await ports.next())
            let result: Result<Void, any Error>
            do { result = .success(try await withNginx(upstreams: [port]) { try await body($0, port) }) } catch {
                result = .failure(error)
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            try result.get()
        }
    }

    /// A request by HTTP/1.1 whose body never ends.
    private static func endless(_ path: String, _ type: String) -> String {
        "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Type: \(type)\r\nContent-Length: 100\r\n\r\n{"
    }

    /// The same by HTTP/2: preface, settings, a head of literal fields, and one byte, all of them ASCII.
    private static func endlessFrames(_ path: String, _ type: String) -> String {
        func character(_ number: Int) -> String { String(UnicodeScalar(UInt8(number))) }
        func text(_ text: String) -> String { character(text.utf8.count) + text }
        func frame(_ kind: Int, _ flags: Int, _ stream: Int, _ payload: String) -> String {
            [0, 0, payload.utf8.count, kind, flags, 0, 0, 0, stream].map(character).joined() + payload
        }
        let fields = [
            (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "a"), ("content-type", type),
        ]
        let head = fields.map { "\0" + text($0.0) + text($0.1) }.joined()
        return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, "") + frame(1, 4, 1, head) + frame(0, 0, 1, "{")
    }

    /// Answers nobody has to wait for: they need no body.
    private func expectService(_ entry: NginxEntry) async throws {
        for _ in 0..<3 {
            let answer = try await exchange(
                "GET /plain HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                port: entry.http
            )
            #expect(answer.hasPrefix("HTTP/1.1 200") && answer.hasSuffix("plain"), "\(answer)")
        }
    }

    @Test func `bodies that never end take nobody's place, and have a time in all`() async throws {
        let logs = CapturedLogs()
        try await self.withEntry(logs) { entry, _ in
            let path = "/users/a/add"
            let (json, grpc) = ("application/json", "application/grpc")
            let cells = [
                (entry.http, Self.endless(path, json), "/problems/request-timeout"),
                (entry.grpc, Self.endlessFrames(path, json), "/problems/request-timeout"),
                // No service has this path: it goes on as any other request, and its type is judged first.
                (entry.grpc, Self.endlessFrames(path, grpc), "/problems/unsupported-media-type"),
            ]
            for (port, request, wanted) in cells {
                var clients: [RawConnection] = []
                for _ in 0..<3 {
                    let client = try await RawConnection.open(port: port)
                    try await client.send(request)
                    clients.append(client)
                }
                try await self.expectService(entry)
                for client in clients {
                    _ = try await client.read { $0.contains(wanted) }
                    client.close()
                }
            }
        }
        #expect(logs.lines.allSatisfy { $0.level < .error }, "\(logs.lines.map(\.text))")
    }

    @Test(arguments: ["", "Idempotency-Key: k\r\n"])
    func `a byte now and then does not keep a body open`(key: String) async throws {
        try await self.withEntry { entry, _ in
            let client = try await RawConnection.open(port: entry.http)
            try await client.send(
                "POST /users/a/add HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\(key)"
                    + "Content-Length: 10000\r\n\r\n"
            )
            var sent = 0
            while sent < 1000, !client.received.contains("HTTP/1.1 "), !client.isEnded {
                // It may be closed between the look and the byte.
                _ = try? await client.send(" ")
                sent += 1
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(statuses(client.received) == [408], "\(client.received)")
            #expect(sent < 1000)
            client.close()
        }
    }

    @Test func `a HEAD of whatever kind leaves nothing for whoever comes next on the connection`() async throws {
        try await self.withEntry { entry, _ in
            for target in [
                "/", "/nothing", "/users/a/add", "/plain/", "/plain", "/coupon.v1.CouponService/IssueCoupon",
            ] {
                for _ in 0..<3 {
                    let head = try await exchange(
                        "HEAD \(target) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                        port: entry.http
                    )
                    #expect(head.hasPrefix("HTTP/1.1 ") && head.hasSuffix("\r\n\r\n"), "\(head)")
                    try await self.expectService(entry)
                }
            }
        }
    }

    @Test func `a body with a key is whole before an instance sees it, and one without goes on as it comes`()
        async throws
    {
        let logs = CapturedLogs()
        try await self.withEntry(logs) { entry, _ in
            let head = { (fields: String) in
                "POST /users/a/add HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\(fields)"
                    + "Content-Length: 2\r\nConnection: close\r\n\r\n"
            }
            let keyed = try await RawConnection.open(port: entry.http)
            try await keyed.send(head("Idempotency-Key: a\r\n") + "{")
            let keyless = try await RawConnection.open(port: entry.http)
            try await keyless.send(head("") + "{")
            #expect(statuses(try await keyless.readToEnd()) == [408])
            // An instance would have given it up by now.
            try await keyed.send("}")
            let answer = try await keyed.readToEnd()
            #expect(statuses(answer) == [200] && answer.contains("added 2"), "\(answer)")
        }
    }
}
