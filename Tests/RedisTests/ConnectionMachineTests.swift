package import Redis
import Support
import Testing

@Suite struct `Connection machine` {
    /// Whatever happens, a ticket that was taken comes back exactly once, in order among those answered, and a reply
    /// goes to the ticket whose command it answers.
    @Test(arguments: Seed.cases(1000))
    func `every ticket comes back once, and each reply reaches its own`(seed: Seed) {
        var random = seed.random
        var model = MachineModel(inFlight: 6)
        for _ in 0..<150 { model.step(using: &random) }
        model.end()
        #expect(model.complaints == [])
        #expect(model.returned.sorted() == model.taken)
    }

    @Test func `nothing is sent before the last welcome`() {
        var machine = ConnectionMachine<Int>(limits: .testing)
        #expect(machine.send(1, deadline: .later) == .reject(.notSent(.notConnected)))
        machine.opened(greetings: 2, at: .zero)
        machine.flushed()
        #expect(machine.replied() == .skip)
        #expect(machine.send(1, deadline: .later) == .reject(.notSent(.notConnected)))
        #expect(machine.replied() == .welcome)
        #expect(machine.send(1, deadline: .later) == .write)
    }

    @Test func `a refused greeting closes and says how it was refused`() {
        var machine = ConnectionMachine<Int>(limits: .testing)
        machine.opened(greetings: 3, at: .zero)
        machine.flushed()
        let refusal = RedisRefusal("WRONGPASS invalid username-password pair or user is disabled.")
        #expect(machine.replied(refusal) == .close(.greetingRefused(.wrongPassword)))
    }

    @Test func `an abandoned ticket keeps its place`() {
        var machine = ConnectionMachine<Int>.ready()
        #expect(machine.send(1, deadline: .at(10), at: .zero) == .write)
        #expect(machine.send(2, deadline: .at(500), at: .zero) == .write)
        machine.flushed()
        #expect(machine.expired(at: .at(9)) == [])
        #expect(machine.expired(at: .at(10)) == [1])
        #expect(machine.expired(at: .at(11)) == [])
        #expect(machine.inFlight == 2)
        #expect(machine.replied() == .skip)
        #expect(machine.replied() == .deliver(2))
    }

    @Test func `what is not flushed when the connection ends was not sent`() {
        var machine = ConnectionMachine<Int>.ready()
        #expect(machine.send(1, deadline: .later) == .write)
        machine.flushed()
        #expect(machine.send(2, deadline: .later) == .write)
        let closed = machine.close(because: .closed)
        #expect(closed?.unknown == [1])
        #expect(closed?.unsent == [2])
        let again = machine.close(because: .closed)
        #expect(again == nil)
        #expect(machine.send(3, deadline: .later) == .reject(.notSent(.closed)))
    }

    @Test func `a reply that nobody asked for closes`() {
        var machine = ConnectionMachine<Int>.ready()
        #expect(machine.replied() == .close(.unsolicitedReply))
        machine = .ready()
        #expect(machine.send(1, deadline: .later) == .write)
        // Not flushed, so the reply cannot be its own.
        #expect(machine.replied() == .close(.unsolicitedReply))
    }

    @Test func `draining refuses the new and finishes the old`() {
        var machine = ConnectionMachine<Int>.ready()
        #expect(machine.send(1, deadline: .later) == .write)
        machine.flushed()
        #expect(machine.drain(because: .draining, deadline: .at(100)) == .wait)
        #expect(machine.send(2, deadline: .later) == .reject(.notSent(.draining)))
        #expect(machine.ticked(at: .at(99)) == .nothing)
        #expect(machine.ticked(at: .at(100)) == .close(.draining))
        #expect(machine.replied() == .deliverAndClose(1, .draining))
    }

    @Test func `a server turned read-only is drained and left`() {
        var machine = ConnectionMachine<Int>.ready()
        #expect(machine.send(1, deadline: .later) == .write)
        #expect(machine.send(2, deadline: .later) == .write)
        machine.flushed()
        #expect(machine.replied(RedisRefusal("READONLY You can't write against a read only replica.")) == .deliver(1))
        #expect(machine.send(3, deadline: .later) == .reject(.notSent(.demoted)))
        #expect(machine.replied() == .deliverAndClose(2, .demoted))
    }

    @Test func `the limit of commands in flight is exact`() {
        var machine = ConnectionMachine<Int>.ready(inFlight: 2)
        #expect(machine.send(1, deadline: .later) == .write)
        #expect(machine.hasRoom)
        #expect(machine.send(2, deadline: .later) == .write)
        #expect(!machine.hasRoom)
        #expect(machine.send(3, deadline: .later) == .reject(.notSent(.overloaded)))
        machine.flushed()
        #expect(machine.replied() == .deliver(1))
        #expect(machine.send(3, deadline: .later) == .write)
    }

    @Test func `a deadline that has passed sends nothing`() {
        var machine = ConnectionMachine<Int>.ready()
        #expect(machine.send(1, deadline: .at(5), at: .at(5)) == .reject(.notSent(.deadlineExceeded)))
        #expect(machine.inFlight == 0)
    }
}

@Suite struct `Silence of a peer` {
    @Test func `an idle peer is asked, and one that does not answer is given up`() {
        var machine = ConnectionMachine<Int>.ready()
        var now = 0
        var ping: Int?
        while now < 5000 {
            now += 20
            switch machine.ticked(at: .at(now)) {
            case .nothing: continue
            case .ping:
                #expect(ping == nil)
                ping = now
                machine.flushed()
                continue
            case .close(let cause): #expect(cause == .silent)
            }
            break
        }
        #expect(ping == 1000)
        #expect(now == 1900)
    }

    @Test func `an answer to the question lets it live`() {
        var machine = ConnectionMachine<Int>.ready()
        var pings = 0
        for now in stride(from: 20, through: 60_000, by: 20) {
            switch machine.ticked(at: .at(now)) {
            case .nothing: break
            case .ping:
                pings += 1
                machine.flushed()
                machine.received(at: .at(now + 5))
                #expect(machine.replied() == .skip)
            case .close: Issue.record("closed at \(now)")
            }
        }
        #expect(pings > 50)
    }

    @Test func `a peer that owes a reply is given up without a question`() {
        var machine = ConnectionMachine<Int>.ready()
        #expect(machine.send(1, deadline: .later, at: .at(0)) == .write)
        machine.flushed()
        let end = stride(from: 20, through: 5000, by: 20).first { machine.ticked(at: .at($0)) == .close(.silent) }
        #expect(end == 1900)
    }

    @Test func `a command sent after an idle time has its own patience`() {
        var machine = ConnectionMachine<Int>.ready()
        for now in stride(from: 20, through: 980, by: 20) { #expect(machine.ticked(at: .at(now)) == .nothing) }
        #expect(machine.send(1, deadline: .later, at: .at(980)) == .write)
        machine.flushed()
        let end = stride(from: 1000, through: 5000, by: 20).first { machine.ticked(at: .at($0)) == .close(.silent) }
        #expect(end == 1900)
        #expect(machine.phase == .ready)
    }

    @Test func `a command that waits in Redis is no silence until its time is over`() {
        var machine = ConnectionMachine<Int>.ready()
        #expect(machine.send(1, deadline: .later, blocksUntil: .at(10_000), at: .zero) == .write)
        machine.flushed()
        let end = stride(from: 20, through: 30_000, by: 20).first { machine.ticked(at: .at($0)) != .nothing }
        #expect(end == 11_000)
    }

    @Test func `a pause of this process is not the peer's silence`() {
        var machine = ConnectionMachine<Int>.ready()
        #expect(machine.ticked(at: .at(20)) == .nothing)
        #expect(machine.send(1, deadline: .later, at: .at(20)) == .write)
        machine.flushed()
        #expect(machine.ticked(at: .at(40)) == .nothing)
        #expect(machine.ticked(at: .at(60_000)) == .nothing)
        #expect(machine.ticked(at: .at(60_020)) == .nothing)
    }

    @Test func `a greeting that is not answered in time closes`() {
        var machine = ConnectionMachine<Int>(limits: .testing)
        machine.opened(greetings: 1, at: .zero)
        machine.flushed()
        #expect(machine.ticked(at: .at(999)) == .nothing)
        #expect(machine.ticked(at: .at(1000)) == .close(.silent))
    }
}

extension ConnectionLimits {
    package static let testing = ConnectionLimits(
        inFlight: 100,
        greeting: .seconds(1),
        keepAlive: .seconds(1),
        silence: .milliseconds(1900),
        blockSlack: .seconds(1),
        pause: .milliseconds(250)
    )
}

extension Uptime {
    package static let zero = Uptime(nanoseconds: 0)
    package static let later = Uptime(nanoseconds: 1_000_000_000_000)
    package static func at(_ milliseconds: Int) -> Uptime { Uptime(nanoseconds: Int64(milliseconds) * 1_000_000) }
}

extension ConnectionMachine where Ticket == Int {
    package static func ready(inFlight: Int = 100) -> ConnectionMachine {
        var limits = ConnectionLimits.testing
        limits.inFlight = inFlight
        var machine = ConnectionMachine(limits: limits)
        machine.opened(greetings: 1, at: .zero)
        machine.flushed()
        _ = machine.replied()
        return machine
    }

    package mutating func send(_ ticket: Int, deadline: Uptime) -> SendAction {
        self.send(ticket, deadline: deadline, at: .zero)
    }
}
