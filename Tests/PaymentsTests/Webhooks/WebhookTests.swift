import Coordination
import Outbound
import Payments
import Support
import Synchronization
import Testing

struct WebhookTests {
    @Test func `webhooks of all shards arrive once, signed`() async throws {
        try await WebhookFixture.with { fixture in
            try await WebhookReceiver.with { receiver, port in
                for number in 0..<128 {
                    let url = "http://127.0.0.1:\(port)/hooks/\(number)?x=1"
                    try await fixture.add("s00-\(number)", to: url, shard: number % 64)
                }
                try await fixture.working(allowing: ["127.0.0.1:\(port)"]) {
                    try await eventually { try await fixture.waiting().isEmpty }
                }
                let requests = receiver.requests
                #expect(requests.map(\.id).sorted() == (0..<128).map { "s00-\($0)" }.sorted())
                for request in requests {
                    #expect(request.method == "POST")
                    #expect(request.target == "/hooks/\(request.id.dropFirst(4))?x=1")
                    #expect(request.headers["content-type"] == "application/json")
                    #expect(request.headers["idempotency-key"] == request.id)
                    #expect(request.body == WebhookFixture.body(request.id))
                }
                let received = requests.map {
                    ReceivedWebhook(headers: $0.headers, body: $0.body, secret: WebhookFixture.secret)
                }
                let now = try #require(fixture.clock.now).milliseconds / 1000
                let verified = try await ReceivedWebhook.verified(received, now: now)
                #expect(verified == requests.map { _ in true })
                #expect(try await fixture.dead().isEmpty)
            }
        }
    }

    @Test(arguments: [500, 503, 429, 408])
    func `a receiver that fails twice gets the same webhook three times`(status: Int) async throws {
        try await WebhookFixture.with { fixture in
            let respond = { @Sendable (_: WebhookReceiver.Request, number: Int) in
                WebhookReceiver.Answer(status: number < 3 ? status : 200)
            }
            try await WebhookReceiver.with(respond) { receiver, port in
                try await fixture.add("s07-1", to: "http://127.0.0.1:\(port)/", shard: 7)
                try await fixture.working(allowing: ["127.0.0.1:\(port)"]) {
                    try await eventually { try await fixture.waiting().isEmpty }
                }
                #expect(receiver.requests.map(\.id) == ["s07-1", "s07-1", "s07-1"])
                #expect(Set(receiver.requests.map(\.body)).count == 1)
                #expect(try await fixture.dead().isEmpty)
            }
        }
    }

    @Test(arguments: [400, 404, 410, 302])
    func `a webhook that is refused is a dead letter, and can be sent again`(status: Int) async throws {
        try await WebhookFixture.with { fixture in
            let respond = { @Sendable (_: WebhookReceiver.Request, number: Int) in
                WebhookReceiver.Answer(status: number == 1 ? status : 200, headers: ["Location": "/elsewhere"])
            }
            try await WebhookReceiver.with(respond) { receiver, port in
                try await fixture.add("s63-1", to: "http://127.0.0.1:\(port)/", shard: 63)
                try await fixture.working(allowing: ["127.0.0.1:\(port)"]) {
                    try await eventually { try await fixture.waiting().isEmpty }
                    let letter = try #require(try await fixture.dead().first)
                    #expect(letter.reason == "status \(status)")
                    #expect(letter.message.stream == fixture.outbox.streams[63])
                    #expect(receiver.requests.count == 1)
                    #expect(try await fixture.outbox.replay(letter))
                    try await eventually { receiver.requests.count == 2 }
                    try await eventually { try await fixture.waiting().isEmpty }
                }
                #expect(receiver.requests.map(\.id) == ["s63-1", "s63-1"])
                #expect(try await fixture.dead().isEmpty)
            }
        }
    }

    @Test func `a host that is not allowed, or no longer, is never connected to`() async throws {
        try await WebhookFixture.with { fixture in
            try await WebhookReceiver.with { receiver, port in
                let urls = [
                    "http://127.0.0.1:\(port)/", "http://localhost:\(port)/", "http://0x7f000001:\(port)/",
                    "http://[::ffff:127.0.0.1]:\(port)/", "https://example.com/", "ftp://127.0.0.1:\(port)/", "",
                    "http://user@127.0.0.1:\(port)/",
                ]
                for (number, url) in urls.enumerated() {
                    let endpoint = try? WebhookEndpoint.read(url, policy: EndpointPolicy(allowing: []))
                    #expect(endpoint == nil)
                    try await fixture.add("s00-\(number)", to: url, shard: number)
                }
                // They were written when another list held.
                try await fixture.working(allowing: ["hooks.example.org", "127.0.0.1:1"]) {
                    try await eventually { try await fixture.waiting().isEmpty }
                }
                #expect(receiver.connections == 0)
                let letters = try await fixture.dead()
                #expect(letters.count == urls.count)
                #expect(letters.allSatisfy { $0.reason.hasPrefix("endpoint ") })
            }
        }
    }

    @Test func `what is no POST is a dead letter, and nobody there is tried again`() async throws {
        try await WebhookFixture.with { fixture in
            let port = try freePort()
            try await fixture.add("s01-1", to: "http://127.0.0.1:\(port)/", shard: 1, method: "GET")
            try await fixture.add("s02-1", to: "http://127.0.0.1:\(port)/", shard: 2)
            try await fixture.working(allowing: ["127.0.0.1:\(port)"]) {
                try await eventually {
                    fixture.logs.lines.filter { $0.message == "Message not delivered yet" }.count > 1
                }
            }
            #expect(try await fixture.dead().map(\.reason) == ["method"])
            #expect(try await fixture.waiting().map(\.idempotencyKey) == ["s02-1"])
        }
    }

    @Test func `one of two workers delivers, and the other takes over when it ends`() async throws {
        try await WebhookFixture.with { fixture in
            try await WebhookReceiver.with { receiver, port in
                let url = "http://127.0.0.1:\(port)/"
                try await withThrowingTaskGroup(of: Void.self) { group in
                    defer { group.cancelAll() }
                    try await self.takeOver(fixture, receiver, url, port, &group)
                }
                let ids = receiver.requests.map(\.id)
                #expect(Set(ids).count == ids.count)
                #expect(ids.count == 80)
            }
        }
    }

    private func takeOver(
        _ fixture: WebhookFixture,
        _ receiver: WebhookReceiver,
        _ url: String,
        _ port: Int,
        _ group: inout ThrowingTaskGroup<Void, any Error>
    ) async throws {
        let isFirstDone = AsyncStream.makeStream(of: Void.self)
        group.addTask {
            await withThrowingTaskGroup(of: Void.self) { first in
                first.addTask { try await fixture.work("one", allowing: ["127.0.0.1:\(port)"]) }
                for await _ in isFirstDone.stream {}
                first.cancelAll()
            }
        }
        try await fixture.add("first", to: url)
        try await eventually { receiver.requests.count == 1 }
        let asked = ScriptCountingRedis(fixture.node)
        group.addTask { try await fixture.work("two", allowing: ["127.0.0.1:\(port)"], lease: asked) }
        for number in 1..<40 { try await fixture.add("a\(number)", to: url, shard: number) }
        try await eventually { try await fixture.waiting().isEmpty }
        // The other one asked for the lease, and did not get it.
        try await eventually { asked.scripts.withLock { $0 } > 0 }
        #expect(Set(receiver.requests.compactMap { $0.headers["user-agent"] }) == ["one"])
        isFirstDone.continuation.finish()
        try await eventually {
            fixture.logs.lines.filter { $0.message == "Lease taken" }.count == 2
        }
        for number in 0..<40 { try await fixture.add("b\(number)", to: url, shard: number) }
        try await eventually { try await fixture.waiting().isEmpty }
        #expect(Set(receiver.requests.dropFirst(40).compactMap { $0.headers["user-agent"] }) == ["two"])
    }
}
