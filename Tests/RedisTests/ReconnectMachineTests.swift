import Redis
import Support
import Testing

@Suite struct `Reconnect machine` {
    /// At most one try in flight, never a wait outside the limits, and never a try after the stop.
    @Test(arguments: Seed.cases(500))
    func `tries come one at a time and never more than 1,8 s apart`(seed: Seed) {
        var random = seed.random
        var machine = ReconnectMachine(minimum: .milliseconds(50), maximum: .seconds(2))
        var tries = 0
        var now = 0
        var isStopped = false
        for _ in 0..<200 {
            now += Int.random(in: 0...3000, using: &random)
            switch Int.random(in: 0..<40, using: &random) {
            case 0..<10: if machine.start() == .connect { tries += 1 }
            case 10..<20: machine.greeted(at: .at(now))
            case 20..<30:
                let wasOpen = machine.phase.isTryingOrReady
                let cause: RedisError.Cause = Bool.random(using: &random) ? .closed : .greetingRefused(.wrongPassword)
                switch machine.failed(cause, at: .at(now), jitter: .random(in: 0..<1, using: &random)) {
                case .nothing: #expect(!wasOpen)
                case .wait(let duration):
                    #expect(wasOpen)
                    tries -= 1
                    #expect(duration <= .milliseconds(1800))
                    #expect(duration >= (cause == .closed ? .milliseconds(25) : .seconds(1)))
                }
            case 30..<39:
                if machine.waited() == .connect {
                    tries += 1
                    #expect(!isStopped)
                }
            default:
                if Int.random(in: 0..<10, using: &random) == 0 {
                    machine.stop()
                    isStopped = true
                }
            }
            #expect(0...1 ~= tries)
        }
    }

    @Test func `waits double up to the limit and begin anew after a connection that lasted`() {
        var machine = ReconnectMachine(minimum: .milliseconds(50), maximum: .seconds(2))
        #expect(machine.start() == .connect)
        var waits: [Duration] = []
        for _ in 0..<8 {
            guard case .wait(let wait) = machine.failed(.unreachable, at: .zero, jitter: 0) else { break }
            waits.append(wait)
            #expect(machine.waited() == .connect)
        }
        #expect(waits == [25, 50, 100, 200, 400, 800, 1000, 1000].map { .milliseconds($0) })

        machine.greeted(at: .zero)
        #expect(machine.failed(.closed, at: .at(1999), jitter: 0) == .wait(.seconds(1)))
        #expect(machine.waited() == .connect)
        machine.greeted(at: .zero)
        #expect(machine.failed(.closed, at: .at(2000), jitter: 0) == .wait(.milliseconds(25)))
    }

    @Test func `a refusal that passes by itself is tried again soon`() {
        var machine = ReconnectMachine(minimum: .milliseconds(50), maximum: .seconds(2))
        #expect(machine.start() == .connect)
        #expect(machine.failed(.greetingRefused(.loading), at: .zero, jitter: 0) == .wait(.milliseconds(25)))
    }
}

@Suite struct `Outage machine` {
    @Test func `each cause is told once, however many connections try however often`() {
        var machine = OutageMachine()
        #expect(machine.failed(1, because: .closed) == true)
        #expect(machine.failed(2, because: .closed) == false)
        #expect(machine.failed(1, because: .unreachable) == true)
        for _ in 0..<100 { #expect(machine.failed(2, because: .unreachable) == false) }
        #expect(machine.recovered(1) == false)
        #expect(machine.recovered(2) == true)
        #expect(machine.recovered(1) == false)
        #expect(machine.failed(1, because: .closed) == true)
    }
}

@Suite struct `Waiting line` {
    @Test(arguments: Seed.cases(300))
    func `who waits is served in order or told in time, once`(seed: Seed) {
        var random = seed.random
        var line = WaitingLine<Int>(limit: 5)
        var waiting: [(ticket: Int, deadline: Int)] = []
        for ticket in 0..<100 {
            let now = ticket * 10
            switch Int.random(in: 0..<3, using: &random) {
            case 0:
                let deadline = now + Int.random(in: 1...100, using: &random)
                #expect(line.join(ticket, deadline: .at(deadline)) == (waiting.count < 5))
                if waiting.count < 5 { waiting.append((ticket, deadline)) }
            case 1:
                let next = line.next()
                #expect(next?.ticket == waiting.first?.ticket)
                waiting = Array(waiting.dropFirst())
            default:
                #expect(line.expired(at: .at(now)) == waiting.filter { $0.deadline <= now }.map(\.ticket))
                waiting.removeAll { $0.deadline <= now }
            }
            #expect(line.count == waiting.count)
        }
        #expect(line.removeAll() == waiting.map(\.ticket))
        #expect(line.isEmpty)
    }
}

@Suite struct `Retry machine` {
    @Test(arguments: Seed.cases(300))
    func `pauses stay inside the deadline`(seed: Seed) {
        var random = seed.random
        let deadline = Int.random(in: 1...3000, using: &random)
        var machine = RetryMachine(deadline: .at(deadline))
        var now = Uptime.zero
        while let pause = machine.pause(
            after: .notSent(.notConnected),
            at: now,
            jitter: .random(in: 0..<1, using: &random)
        ) {
            #expect(pause > .zero)
            #expect(pause <= .milliseconds(200))
            now = now + pause
            #expect(now < .at(deadline))
        }
        #expect(now > .at(deadline - 201))
    }

    @Test(arguments: [
        RedisError.outcomeUnknown(.closed), .outcomeUnknown(.deadlineExceeded), .notSent(.draining),
        .notSent(.overloaded),
        .notSent(.deadlineExceeded), .notSent(.cancelled), .notSent(.greetingRefused(.wrongPassword)),
        .notSent(.untrusted), .refused(RedisRefusal("OOM command not allowed")), .refused(RedisRefusal("ERR no")),
        .refused(RedisRefusal("WRONGTYPE no")), .refused(RedisRefusal("NOREPLICAS no")),
    ])
    func `what may have happened, or would not go better, is not repeated`(error: RedisError) {
        var machine = RetryMachine(deadline: .later)
        let pause = machine.pause(after: error, at: .zero, jitter: 0)
        #expect(pause == nil)
    }

    @Test(arguments: [
        RedisError.notSent(.notConnected), .notSent(.closed), .notSent(.silent), .notSent(.demoted),
        .notSent(.greetingRefused(.loading)), .refused(RedisRefusal("LOADING x")), .refused(RedisRefusal("BUSY x")),
        .refused(RedisRefusal("TRYAGAIN x")), .refused(RedisRefusal("CLUSTERDOWN x")),
        .refused(RedisRefusal("MASTERDOWN x")), .refused(RedisRefusal("READONLY x")),
    ])
    func `what did not happen and passes by itself is repeated`(error: RedisError) {
        var machine = RetryMachine(deadline: .later)
        let pause = machine.pause(after: error, at: .zero, jitter: 0)
        #expect(pause != nil)
    }
}

extension ReconnectMachine.Phase {
    fileprivate var isTryingOrReady: Bool {
        switch self {
        case .trying, .ready: true
        case .idle, .waiting, .stopped: false
        }
    }
}
