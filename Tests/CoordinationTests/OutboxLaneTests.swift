import Coordination
import Support
import Testing

/// Lanes with more than one try at once, where order is not kept.
struct OutboxLaneTests {
    private func machine(concurrency: Int, limit: Int = 64) -> OutboxMachine {
        var configuration = OutboxMachine.Configuration()
        configuration.laneConcurrency = concurrency
        configuration.concurrentLimit = limit
        return OutboxMachine(configuration)
    }

    private func time(_ milliseconds: Int64) -> ServerTime { ServerTime(milliseconds: milliseconds) }

    /// Whatever fails: no more tries than allowed, first tries in order, and each message ends exactly once.
    @Test(arguments: Seed.cases(200))
    func `messages start in order and each ends once`(seed: Seed) {
        var random = seed.random
        var machine = self.machine(concurrency: 4, limit: 7)
        var now: Int64 = 1000
        var trying: [OutboxMessage] = []
        var arrived: Set<OutboxMessage.Identity> = []
        var ended: [OutboxMessage.Identity] = []
        var seen: Set<OutboxMessage.Identity> = []
        var lastStarted: [String: Int64] = [:]
        var number = 0
        while number < 300 || machine.pending > 0, now < 10_000_000_000 {
            let isLoading = number < 300
            let batch = isLoading ? Int.random(in: 0...3, using: &random) : 0
            let messages = (0..<batch).map { offset in
                OutboxMessage.test(
                    Int(now),
                    offset,
                    to: ["a", "b", "c"][Int.random(in: 0..<3, using: &random)],
                    in: ["x", "y"][Int.random(in: 0..<2, using: &random)],
                    created: now
                )
            }
            number += batch
            machine.arrived(messages)
            arrived.formUnion(messages.map(\.identity))
            now += Int64.random(in: 1...(isLoading ? 300 : 400_000), using: &random)
            for message in machine.start(at: self.time(now)) {
                if seen.insert(message.identity).inserted {
                    #expect(message.created.milliseconds >= lastStarted[message.endpoint, default: 0])
                    lastStarted[message.endpoint] = message.created.milliseconds
                }
                trying.append(message)
            }
            #expect(trying.count <= 7)
            #expect(Dictionary(grouping: trying, by: \.endpoint).values.allSatisfy { $0.count <= 4 })
            #expect(Set(trying.map(\.identity)).count == trying.count)
            for _ in 0..<Int.random(in: 0...2, using: &random) where !trying.isEmpty {
                let message = trying.remove(at: Int.random(in: 0..<trying.count, using: &random))
                let outcomes: [OutboxOutcome] = [.delivered, .refused(reason: "x"), .retry(reason: "y", after: nil)]
                let outcome = outcomes[Int.random(in: 0..<3, using: &random)]
                switch machine.ended(message, outcome, at: self.time(now), jitter: 0.5) {
                case .remove, .bury: ended.append(message.identity)
                case .wait(let until): #expect(until > self.time(now))
                }
            }
        }
        #expect(machine.pending == 0)
        #expect(ended.count == arrived.count)
        #expect(Set(ended) == arrived)
    }

    @Test func `one that fails goes behind those that wait and does not hold them up`() {
        var machine = self.machine(concurrency: 2)
        machine.arrived((1...6).map { .test($0, to: "a", created: Int64($0)) })
        let first = machine.start(at: self.time(10))
        #expect(first.map(\.id) == ["1-0", "2-0"])
        // The first fails; the second is delivered, but the lane pauses.
        let action = machine.ended(first[0], .retry(reason: "status 500", after: nil), at: self.time(10), jitter: 1)
        #expect(action == .wait(until: self.time(1010)))
        #expect(machine.ended(first[1], .delivered, at: self.time(20), jitter: 1) == .remove)
        #expect(machine.start(at: self.time(1009)).isEmpty)
        #expect(machine.start(at: self.time(1010)).map(\.id) == ["3-0", "4-0"])
        for (number, next) in [(3, "5-0"), (4, "6-0"), (5, "1-0")] {
            _ = machine.ended(
                .test(number, to: "a", created: Int64(number)),
                .delivered,
                at: self.time(1010),
                jitter: 1
            )
            #expect(machine.start(at: self.time(1010)).map(\.id) == [next])
        }
        #expect(machine.pending == 2)
    }

    @Test func `an endpoint that is away is asked by one message at a time, less and less often`() {
        var machine = self.machine(concurrency: 8)
        machine.arrived((1...100).map { .test($0, to: "a", created: Int64($0)) })
        let first = machine.start(at: self.time(1000))
        #expect(first.count == 8)
        // All eight find out: that is one failure of the lane, not eight.
        for message in first {
            _ = machine.ended(message, .retry(reason: "", after: nil), at: self.time(1000), jitter: 1)
        }
        var now: Int64 = 1000
        var pauses: [Int64] = []
        for _ in 0..<12 {
            let start = now
            var probes: [OutboxMessage] = []
            while probes.isEmpty, now < start + 1_000_000 {
                now += 500
                probes = machine.start(at: self.time(now))
            }
            #expect(probes.count == 1)
            for probe in probes {
                _ = machine.ended(probe, .retry(reason: "", after: nil), at: self.time(now), jitter: 1)
            }
            pauses.append(now - start)
        }
        #expect(pauses.prefix(4) == [1000, 2000, 4000, 8000])
        #expect(pauses.last == 300_000)
        // One answer that is no failure, and all go again.
        now += 300_000
        let probe = machine.start(at: self.time(now))
        #expect(probe.count == 1)
        _ = machine.ended(probe[0], .refused(reason: "status 404"), at: self.time(now), jitter: 1)
        #expect(machine.start(at: self.time(now)).count == 8)
    }

    @Test func `a receiver's wait holds for its lane, also when others were under way`() {
        var machine = self.machine(concurrency: 3)
        machine.arrived((1...9).map { .test($0, to: "a", created: Int64($0)) } + [.test(1, to: "b", in: "t")])
        let first = machine.start(at: self.time(100))
        #expect(first.count == 4)
        let lane = first.filter { $0.endpoint == "a" }
        _ = machine.ended(lane[0], .retry(reason: "", after: nil), at: self.time(100), jitter: 1)
        _ = machine.ended(lane[1], .retry(reason: "", after: .seconds(60)), at: self.time(200), jitter: 1)
        _ = machine.ended(lane[2], .delivered, at: self.time(300), jitter: 1)
        #expect(machine.start(at: self.time(60_199)).isEmpty)
        #expect(machine.start(at: self.time(60_200)).count == 3)
    }

    @Test(arguments: [
        (200, "delivered"), (204, "delivered"), (299, "delivered"), (301, "refused"), (400, "refused"),
        (404, "refused"), (408, "retry"), (410, "refused"), (425, "retry"), (429, "retry"), (500, "retry"),
        (503, "retry"), (599, "retry"),
    ])
    func `an answer's status says what becomes of the message`(status: Int, outcome: String) {
        #expect(OutboxOutcome(status: status, retryAfter: nil).name == outcome)
    }

    @Test(arguments: [(5, 5), (0, 0), (-3, 0), (86_400, 86_400), (86_401, 86_400), (nil, nil)] as [(Int?, Int?)])
    func `a receiver may ask for a day at most`(asked: Int?, seconds: Int?) {
        let outcome = OutboxOutcome(status: 503, retryAfter: asked.map { Duration.seconds($0) })
        #expect(outcome == .retry(reason: "status 503", after: seconds.map { Duration.seconds($0) }))
    }
}
