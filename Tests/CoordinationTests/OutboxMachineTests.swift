import Coordination
import Support
import Testing

struct OutboxMachineTests {
    /// Whatever fails, each endpoint sees its messages in order, one at a time, and each ends exactly once.
    @Test(arguments: Seed.cases(200))
    func `each endpoint gets its messages in order`(seed: Seed) {
        var random = seed.random
        var configuration = OutboxMachine.Configuration()
        configuration.concurrentLimit = 3
        var machine = OutboxMachine(configuration)
        let endpoints = ["a", "b", "c", "d", "e"]
        var now: Int64 = 0
        var arrived: [String: [String]] = [:]
        var ended: [String: [String]] = [:]
        var trying: [OutboxMessage] = []
        for number in 0..<200 {
            let endpoint = endpoints[Int.random(in: 0..<5, using: &random)]
            machine.arrived([OutboxMessage.test(number, to: endpoint, created: now)])
            arrived[endpoint, default: []].append("\(number)-0")
            now += Int64.random(in: 0...500, using: &random)
            self.step(&machine, &trying, &ended, now: now, failing: 3, &random)
        }
        for _ in 0..<10_000 where machine.pending > 0 {
            now += 400_000
            self.step(&machine, &trying, &ended, now: now, failing: 1, &random)
        }
        #expect(machine.pending == 0)
        #expect(ended == arrived)
    }

    private func step(
        _ machine: inout OutboxMachine,
        _ trying: inout [OutboxMessage],
        _ ended: inout [String: [String]],
        now: Int64,
        failing: Int,
        _ random: inout some RandomNumberGenerator
    ) {
        let time = ServerTime(milliseconds: now)
        trying += machine.start(at: time)
        #expect(trying.count <= 3)
        #expect(Set(trying.map(\.endpoint)).count == trying.count)
        guard !trying.isEmpty else { return }
        let message = trying.remove(at: Int.random(in: 0..<trying.count, using: &random))
        let outcomes: [OutboxOutcome] = [.delivered, .refused(reason: "x"), .retry(reason: "y", after: nil)]
        let outcome = outcomes[Int.random(in: 0..<(failing == 1 ? 2 : 3), using: &random)]
        switch machine.ended(message, outcome, at: time, jitter: 0.5) {
        case .remove, .bury: ended[message.endpoint, default: []].append(message.id)
        case .wait(let until): #expect(until > time)
        }
    }

    @Test func `waits double up to their limit and keep what the receiver asked for`() {
        var machine = OutboxMachine(OutboxMachine.Configuration())
        machine.arrived([.test(1, to: "a")])
        var now = ServerTime(milliseconds: 0)
        var waits: [Int64] = []
        for _ in 0..<12 {
            let started = machine.start(at: now)
            #expect(started.count == 1)
            guard
                case .wait(let until) = machine.ended(
                    started[0],
                    .retry(reason: "", after: nil),
                    at: now,
                    jitter: 1
                )
            else { return #expect(Bool(false)) }
            waits.append(until.milliseconds - now.milliseconds)
            #expect(machine.start(at: until.advanced(byMilliseconds: -1)).isEmpty)
            now = until
        }
        #expect(waits.prefix(4) == [1000, 2000, 4000, 8000])
        #expect(waits.last == 300_000)
        let started = machine.start(at: now)
        let action = machine.ended(started[0], .retry(reason: "", after: .seconds(200)), at: now, jitter: 0)
        #expect(action == .wait(until: now.advanced(byMilliseconds: 200_000)))
    }

    @Test func `durations that do not fit are the longest that do`() {
        #expect(Duration.seconds(Int64.max).inMilliseconds == .max)
        #expect(Duration.seconds(Int64.min).inMilliseconds == .min)
        #expect(Duration.milliseconds(1500).inMilliseconds == 1500)
        #expect((Duration.seconds(1) / 1_000_000).inMilliseconds == 0)
    }

    @Test func `a message that is too old is buried and the next one is tried`() {
        var machine = OutboxMachine(OutboxMachine.Configuration())
        machine.arrived([.test(1, to: "a", created: 0), .test(2, to: "a", created: 1)])
        let late = ServerTime(milliseconds: 86_400_000)
        let first = machine.start(at: late)
        #expect(
            machine.ended(first[0], .retry(reason: "away", after: nil), at: late, jitter: 0) == .bury(reason: "away")
        )
        #expect(machine.start(at: late).map(\.id) == ["2-0"])
    }

    @Test func `messages of several streams go in the order of their ids' times, whatever order they are read in`() {
        var machine = OutboxMachine(OutboxMachine.Configuration())
        machine.arrived([.test(5, to: "a", in: "x"), .test(7, to: "a", in: "x")])
        machine.arrived([
            .test(5, to: "a", in: "b"), .test(6, to: "a", in: "b"), .test(6, 1, to: "a", in: "b"), .test(6, to: "a"),
        ])
        var order: [String] = []
        for now in 0..<6 {
            for message in machine.start(at: ServerTime(milliseconds: Int64(now))) {
                order.append("\(message.stream.key) \(message.id)")
                let time = ServerTime(milliseconds: Int64(now))
                #expect(machine.ended(message, .delivered, at: time, jitter: 0) == .remove)
            }
        }
        #expect(order == ["b 5-0", "x 5-0", "b 6-0", "b 6-1", "s 6-0", "x 7-0"])
    }

    @Test func `the same id in two streams is two messages`() {
        var configuration = OutboxMachine.Configuration()
        configuration.laneConcurrency = 2
        var machine = OutboxMachine(configuration)
        let messages = [OutboxMessage.test(1, to: "a", in: "x"), .test(1, to: "a", in: "y")]
        machine.arrived(messages)
        let now = ServerTime(milliseconds: 10)
        #expect(machine.start(at: now) == messages)
        #expect(machine.ended(messages[1], .refused(reason: "r"), at: now, jitter: 0) == .bury(reason: "r"))
        #expect(machine.pending == 1)
        // It has ended: nobody is to remove it again.
        #expect(machine.ended(messages[1], .delivered, at: now, jitter: 0) == .wait(until: now))
        #expect(machine.ended(messages[0], .delivered, at: now, jitter: 0) == .remove)
        #expect(machine.pending == 0)
        #expect(machine.oldest == nil)
    }

    @Test func `lanes have their turns while tries are scarce`() {
        var configuration = OutboxMachine.Configuration()
        configuration.concurrentLimit = 1
        var machine = OutboxMachine(configuration)
        machine.arrived((1...40).map { .test($0, to: "abcd".map(String.init)[$0 % 4]) })
        let now = ServerTime(milliseconds: 100)
        var order: [String] = []
        while let message = machine.start(at: now, limit: 1).first {
            order.append(message.endpoint)
            _ = machine.ended(message, .delivered, at: now, jitter: 0)
        }
        #expect(order.count == 40)
        for index in order.indices.dropFirst(4) { #expect(order[index] == order[index - 4]) }
    }
}

extension OutboxMessage {
    /// A message with the id `<number>-<sequence>` of the stream `key`.
    static func test(
        _ number: Int,
        _ sequence: Int = 0,
        to endpoint: String,
        in key: String = "s",
        created: Int64 = 0
    ) -> OutboxMessage {
        OutboxMessage(
            stream: Outbox.Stream(key: key, deadKey: key + "-dead"),
            id: "\(number)-\(sequence)",
            endpoint: endpoint,
            method: "POST",
            body: "",
            idempotencyKey: "k\(number)",
            created: ServerTime(milliseconds: created)
        )
    }
}
