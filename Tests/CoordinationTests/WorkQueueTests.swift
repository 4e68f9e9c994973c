import Coordination
import RESP
import Redis
import ServiceLifecycle
import Support
import Synchronization
import Testing

@Suite
struct WorkQueueTests {
    @Test(arguments: Seed.cases(3))
    func `several consumers handle every message once and leave nothing`(seed: Seed) async throws {
        try await WorkQueueFixture.with { fixture in
            var random = seed.random
            let streams = (0..<Int.random(in: 1...130, using: &random)).map { "stream-\($0)" }
            let total = 400
            let early = Int.random(in: 0...total, using: &random)
            let targets = (0..<total).map { _ in streams.randomElement(using: &random) ?? "" }
            for number in 0..<early { try await fixture.add(number, to: targets[number]) }
            let handled = Handled()
            let consumers = (0..<3).map { number in
                let running = Mutex(0)
                return fixture.queue("c\(number)", streams) { messages in
                    // The next read comes only when the last one is handled.
                    #expect(
                        running.withLock {
                            $0 += 1
                            return $0
                        } == 1
                    )
                    defer { running.withLock { $0 -= 1 } }
                    handled.add(messages)
                    return await fixture.finish(messages)
                }
            }
            try await running(consumers) {
                for number in early..<total { try await fixture.add(number, to: targets[number]) }
                try await eventually { handled.messages.count >= total }
                for stream in streams { try await eventually { try await fixture.length(stream) == 0 } }
            }
            #expect(handled.numbers == Dictionary(uniqueKeysWithValues: (0..<total).map { ($0, 1) }))
            #expect(handled.messages.allSatisfy { !$0.isRedelivered && streams.contains($0.stream) })
            for stream in streams {
                let pending = try await fixture.pending(stream)
                #expect(pending == 0)
            }
        }
    }

    @Test func `a read gives the streams in their order, and no more of one than the limit`() async throws {
        try await WorkQueueFixture.with { fixture in
            let streams = ["e", "a", "d", "b", "c"]
            for number in 0..<10 { for stream in streams.reversed() { try await fixture.add(number, to: stream) } }
            let handled = Handled()
            let queue = fixture.queue("c", streams, quick { $0.batchLimit = 4 }) { messages in
                handled.add(messages)
                return await fixture.finish(messages)
            }
            try await running([queue]) { try await eventually { handled.messages.count == 50 } }
            let expected = streams.flatMap { Array(repeating: $0, count: 4) }
            #expect(handled.batches[0].map(\.stream) == expected)
            for stream in streams {
                let numbers = handled.messages.filter { $0.stream == stream }.map { $0.fields["number"] }
                #expect(numbers == (0..<10).map { "\($0)" })
            }
        }
    }

    @Test func `a message that nobody finishes comes again, at a slower pace`() async throws {
        try await WorkQueueFixture.with { fixture in
            let id = try await fixture.add(1, to: "s")
            let handled = Handled()
            let queue = fixture.queue("c", ["s"], quick { $0.reclaimAfter = .milliseconds(10) }) { messages in
                handled.add(messages)
                return messages
            }
            try await running([queue]) { try await eventually { handled.messages.count >= 4 } }
            #expect(handled.messages.allSatisfy { $0.id == id && $0.fields == ["number": "1"] })
            #expect(handled.messages.map(\.isRedelivered).prefix(4) == [false, true, true, true])
            let length = try await fixture.length("s")
            #expect(length == 1)
        }
    }

    @Test func `the library's functions add a message and finish it, and no id is no message`() async throws {
        try await WorkQueueFixture.with { fixture in
            let id = try await fixture.add(7, to: "s")
            try await fixture.desert("s", as: "c", count: 1)
            let message = WorkMessage(stream: "s", id: "", fields: ["number": "7"], isRedelivered: false)
            try await fixture.finish(message)
            let before = try await fixture.pending("s")
            #expect(before == 1)
            for _ in 0..<2 {
                try await fixture.finish(WorkMessage(stream: "s", id: id, fields: [:], isRedelivered: false))
                let pending = try await fixture.pending("s")
                let length = try await fixture.length("s")
                #expect(pending == 0 && length == 0)
            }
        }
    }

    @Test func `streams that vanish are made again, and lose no message that was added since`() async throws {
        try await WorkQueueFixture.with { fixture in
            // Added before there is a group.
            try await fixture.add(0, to: "b")
            let handled = Handled()
            let queue = fixture.queue("c", ["a", "b"]) { messages in
                handled.add(messages)
                return await fixture.finish(messages)
            }
            try await running([queue]) {
                try await eventually { handled.numbers == [0: 1] }
                for number in 1..<4 {
                    _ = try await fixture.send("FLUSHALL")
                    try await fixture.add(number, to: number % 2 == 0 ? "a" : "b")
                    try await eventually { handled.numbers[number] == 1 }
                }
            }
            #expect(handled.numbers == [0: 1, 1: 1, 2: 1, 3: 1])
        }
    }

    @Test func `nothing is lost when Redis is killed and comes back`() async throws {
        var options = RedisServer.Options()
        options.appendOnly = true
        let server = try RedisServer(options)
        defer { server.kill() }
        try await WorkQueueFixture.with(server: server) { fixture in
            let total = 300
            let consumers = (0..<2).map { number in
                fixture.queue("c\(number)", ["a", "b"], quick { $0.reclaimAfter = .milliseconds(300) }) { messages in
                    await fixture.finish(messages)
                }
            }
            try await running(consumers) {
                for number in 0..<total {
                    if number == 100 || number == 200 {
                        server.kill()
                        try server.start()
                    }
                    // Whether it was added is not known after a failure, so the number may be there twice.
                    try await eventually { (try? await fixture.add(number, to: number % 2 == 0 ? "a" : "b")) != nil }
                }
                for stream in ["a", "b"] {
                    try await eventually { (try? await fixture.length(stream)) == 0 }
                    let done = try await fixture.send("SCARD", .key("{\(stream)}done"))
                    #expect(done == .integer(Int64(total / 2)))
                }
            }
        }
    }
}
