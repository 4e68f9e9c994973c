import Coordination
import RESP
import Redis
import ServiceLifecycle
import Support
import Testing

@Suite
struct WorkQueueTakeOverTests {
    @Test func `the messages of a consumer that died are taken over, but for those that were deleted`() async throws {
        try await WorkQueueFixture.with { fixture in
            // More than one answer of Redis holds.
            for number in 0..<40 { try await fixture.add(number, to: "s") }
            try await fixture.desert("s", as: "ghost", count: 40)
            let deleted = try await fixture.send("XRANGE", .key("s"), "-", "+", "COUNT", "1")
            _ = try await fixture.send("XDEL", .key("s"), .text(deleted.array?.first?.array?.first?.string ?? ""))
            let handled = Handled()
            let queue = fixture.queue("c", ["s"], quick { $0.reclaimAfter = .milliseconds(50) }) { messages in
                handled.add(messages)
                return await fixture.finish(messages)
            }
            try await running([queue]) {
                try await eventually { handled.messages.count >= 39 }
                try await eventually { try await fixture.length("s") == 0 }
                try await eventually { try await fixture.pending("s") == 0 }
            }
            #expect(handled.numbers == Dictionary(uniqueKeysWithValues: (1..<40).map { ($0, 1) }))
            #expect(handled.messages.allSatisfy { $0.isRedelivered })
            #expect(handled.batches.allSatisfy { $0.count <= 16 })
        }
    }

    @Test func `what was left by those who were in one's place before is taken over at the start`() async throws {
        try await WorkQueueFixture.with { fixture in
            for number in 0..<40 { try await fixture.add(number, to: "s") }
            for (consumer, count) in [("work-1-77", 20), ("work-1-78", 5), ("work-10-79", 5), ("work-2-80", 5)] {
                try await fixture.desert("s", as: consumer, count: count)
            }
            let handled = Handled()
            // Nobody's time is over for an hour.
            let queue = fixture.queue("work-1-81", ["s", "t"], place: "work-1") { messages in
                handled.add(messages)
                return await fixture.finish(messages)
            }
            try await running([queue]) {
                try await eventually { handled.messages.count >= 30 }
                let looks = try await fixture.calls("xautoclaim")
                try await eventually { try await fixture.calls("xautoclaim") > looks + 6 }
            }
            let old = Set(handled.messages.filter(\.isRedelivered).compactMap { $0.fields["number"] })
            #expect(old == Set((0..<25).map { "\($0)" }))
            // The messages of other places are left to them, and five were new.
            #expect(handled.numbers.count == 30)
            let pending = try await fixture.pending("s")
            #expect(pending == 10)
        }
    }

    @Test func `a cancelled consumer's messages are taken over after a while`() async throws {
        try await WorkQueueFixture.with { fixture in
            for number in 0..<3 { try await fixture.add(number, to: "s") }
            let first = Handled()
            let never = Gate()
            let dying = fixture.queue("dying", ["s"]) { messages in
                first.add(messages)
                await never.pass()
                return messages
            }
            try await running([dying]) { try await eventually { first.messages.count == 3 } }
            let pending = try await fixture.pending("s")
            #expect(pending == 3)
            let second = Handled()
            let queue = fixture.queue("c", ["s"], quick { $0.reclaimAfter = .milliseconds(100) }) { messages in
                second.add(messages)
                return await fixture.finish(messages)
            }
            try await running([queue]) { try await eventually { try await fixture.length("s") == 0 } }
            #expect(second.numbers == [0: 1, 1: 1, 2: 1])
            #expect(second.messages.allSatisfy { $0.isRedelivered })
        }
    }

    @Test func `a consumer does not take over what it is working on`() async throws {
        try await WorkQueueFixture.with { fixture in
            try await fixture.add(1, to: "s")
            let handled = Handled()
            let gate = Gate()
            let queue = fixture.queue("c", ["s"], quick { $0.reclaimAfter = .milliseconds(10) }) { messages in
                handled.add(messages)
                await gate.pass()
                return await fixture.finish(messages)
            }
            try await running([queue]) {
                try await eventually { handled.messages.count == 1 }
                try await eventually {
                    let late = try await fixture.send("XPENDING", .key("s"), "workers", "IDLE", "200", "-", "+", "1")
                    return late.array?.count == 1
                }
                gate.open()
                try await eventually { try await fixture.length("s") == 0 }
                let looks = try await fixture.calls("xautoclaim")
                try await eventually { try await fixture.calls("xautoclaim") > looks + 3 }
            }
            #expect(handled.numbers == [1: 1])
        }
    }

    @Test func `a stopping consumer's unfinished messages are another's at once`() async throws {
        try await WorkQueueFixture.with { fixture in
            for number in 0..<3 { try await fixture.add(number, to: "s") }
            // It has the same messages to lose, but is not stopped in good order.
            try await fixture.add(99, to: "t")
            try await fixture.desert("t", as: "ghost", count: 1)
            let first = Handled()
            let gate = Gate()
            let stopping = fixture.queue("stopping", ["s", "t"]) { messages in
                first.add(messages)
                await gate.pass()
                // It is not disturbed by the stop.
                #expect(!Task.isCancelled)
                let left = await fixture.finish(Array(messages.prefix(1)))
                return left + messages.dropFirst()
            }
            let second = Handled()
            let queue = fixture.queue("c", ["s", "t"]) { messages in
                second.add(messages)
                return await fixture.finish(messages)
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await stopping.run() }
                try await eventually { first.messages.count == 3 }
                await stopping.triggerGracefulShutdown()
                gate.open()
                try await group.waitForAll()
            }
            try await running([queue]) {
                try await eventually { second.messages.count >= 2 }
                // The other's message has a full hour left: several looks do not find it.
                let looks = try await fixture.calls("xautoclaim")
                try await eventually { try await fixture.calls("xautoclaim") > looks + 6 }
            }
            #expect(first.messages.map(\.isRedelivered) == [false, false, false])
            #expect(second.numbers == [1: 1, 2: 1])
            #expect(second.messages.allSatisfy { $0.isRedelivered })
            // It had nothing in one stream, and in the other only messages that it handed back.
            let consumers = try await fixture.consumers("t")
            #expect(consumers.contains("ghost") && !consumers.contains("stopping"))
        }
    }

    @Test func `a stop ends a long wait, and nothing is given to the one that waited`() async throws {
        try await WorkQueueFixture.with { fixture in
            let handled = Handled()
            let long = quick {
                $0.block = .seconds(60)
                $0.reclaimInterval = .seconds(3600)
            }
            let waiting = fixture.queue("waiting", ["s", "t"], long) { messages in
                handled.add(messages)
                return await fixture.finish(messages)
            }
            let started = ContinuousClock().now
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await waiting.run() }
                try await fixture.add(1, to: "s")
                try await eventually { try await fixture.length("s") == 0 && handled.messages.count == 1 }
                try await eventually { try await fixture.hasReader() }
                await waiting.triggerGracefulShutdown()
                try await group.waitForAll()
            }
            #expect(started.duration(to: ContinuousClock().now) < .seconds(30))
            try await fixture.add(2, to: "s")
            let pending = try await fixture.pending("s")
            let consumers = try await fixture.consumers("s")
            #expect(pending == 0 && consumers.isEmpty)
            #expect(handled.messages.count == 1)
        }
    }

    @Test(arguments: Seed.cases(2))
    func `whenever a stop comes, nothing is left with the one that stopped`(seed: Seed) async throws {
        try await WorkQueueFixture.with { fixture in
            var random = seed.random
            var total = 0
            for round in 0..<25 {
                let stopping = fixture.queue("stopping-\(round)", ["s", "t"], quick { $0.block = .seconds(60) }) {
                    await fixture.finish($0)
                }
                let before = Int.random(in: 0..<20, using: &random)
                let after = Int.random(in: 0..<20, using: &random)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await stopping.run() }
                    try await eventually { try await fixture.hasReader() }
                    for number in total..<total + before { try await fixture.add(number, to: "s") }
                    await stopping.triggerGracefulShutdown()
                    for number in total + before..<total + before + after { try await fixture.add(number, to: "s") }
                    try await group.waitForAll()
                }
                total += before + after
            }
            let last = fixture.queue("last", ["s", "t"]) { await fixture.finish($0) }
            try await running([last]) { try await eventually { try await fixture.length("s") == 0 } }
            let done = try await fixture.send("SCARD", .key("{s}done"))
            #expect(done == .integer(Int64(total)))
        }
    }

    @Test func `a cancelled queue ends when its wait does`() async throws {
        try await WorkQueueFixture.with { fixture in
            let queue = fixture.queue("c", ["s"], quick { $0.block = .seconds(1) }) { _ in [] }
            let started = ContinuousClock().now
            try await running([queue]) {
                try await eventually { try await fixture.hasReader() }
            }
            #expect(started.duration(to: ContinuousClock().now) < .seconds(15))
        }
    }

    @Test func `idle consumers are forgotten, those with pending messages are not`() async throws {
        try await WorkQueueFixture.with { fixture in
            try await fixture.add(1, to: "s")
            try await fixture.desert("s", as: "busy", count: 1)
            _ = try await fixture.send("XGROUP", "CREATECONSUMER", .key("s"), "workers", "idle")
            let before = try await fixture.consumers("s")
            #expect(before == ["busy", "idle"])
            let tidy = quick {
                $0.consumerIdleLimit = .milliseconds(300)
                $0.cleanInterval = .milliseconds(50)
            }
            let queue = fixture.queue("c", ["s", "t"], tidy) { _ in [] }
            try await running([queue]) {
                try await eventually { try await !fixture.consumers("s").contains("idle") }
                let looks = try await fixture.calls("xinfo|consumers")
                // It was idle for longer than the other, and is looked at again and again.
                try await eventually { try await fixture.calls("xinfo|consumers") > looks + 10 }
            }
            let after = try await fixture.consumers("s")
            #expect(after.contains("busy") && !after.contains("idle"))
        }
    }
}
