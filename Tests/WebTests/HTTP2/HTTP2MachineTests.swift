import Support
import Testing
import Web

struct HTTP2MachineTests {
    private typealias Connection = HTTP2ConnectionMachine

    private func connection() -> Connection {
        Connection(Connection.Limits(greeting: 10, idle: 70, ping: 30, pingTimeout: 10, leaving: 5), now: 0)
    }

    /// The order of phases; none is left backwards.
    private func rank(_ phase: Connection.Phase) -> Int {
        switch phase {
        case .greeting: 0
        case .open: 1
        case .leaving: 2
        case .left: 3
        case .closed: 4
        }
    }

    @Test(arguments: Seed.cases(500))
    func `a connection is left once, in order, and names its last stream`(seed: Seed) {
        var random = seed.random
        var machine = self.connection()
        var now: UInt64 = 0
        var stream = -1
        var said: [Connection.Action] = []
        for _ in 0..<60 {
            let before = self.rank(machine.phase)
            now += UInt64.random(in: 0...20, using: &random)
            var action = machine.expired(at: now)
            if action == .none {
                switch Int.random(in: 0...9, using: &random) {
                case 0: machine.greeted(at: now)
                case 1...3 where machine.phase != .closed:
                    stream += 2
                    machine.opened(stream, at: now)
                case 4...6 where machine.openStreams > 0: action = machine.ended(at: now)
                case 7: machine.heard(at: now)
                case 8 where Bool.random(using: &random): action = machine.leave(at: now)
                default: action = machine.told()
                }
            }
            #expect(self.rank(machine.phase) >= before)
            switch action {
            case .sayLeft(let last): #expect(last == stream && machine.openStreams > 0)
            case .sayLeftAndClose(let last): #expect(last == max(stream, 0) && machine.openStreams == 0)
            case .close, .none, .ping, .sayLeaving: break
            }
            if action != .none, action != .ping { said.append(action) }
        }
        #expect(said.count { $0 == .sayLeaving } <= 1)
        let closes = said.filter { if case .sayLeftAndClose = $0 { true } else { $0 == .close } }
        #expect(closes.count <= 1 && (closes.isEmpty || closes.first == said.last))
        #expect((machine.phase == .closed) == !closes.isEmpty)
    }

    @Test(arguments: Seed.cases(200))
    func `a connection of which nothing is heard ends`(seed: Seed) {
        var random = seed.random
        var machine = self.connection()
        if Bool.random(using: &random) { machine.greeted(at: 1) }
        for number in 0..<Int.random(in: 0...3, using: &random) { machine.opened(2 * number + 1, at: 2) }
        if Bool.random(using: &random) { _ = machine.leave(at: 3) }
        if Bool.random(using: &random) { _ = machine.told() }
        var steps = 0
        while let deadline = machine.deadline, steps < 10 {
            let early = machine.expired(at: deadline - 1)
            #expect(early == .none)
            _ = machine.expired(at: deadline)
            steps += 1
        }
        #expect(machine.phase == .closed)
    }

    @Test(arguments: Seed.cases(500))
    func `a stream is answered once, and a refused one says no more`(seed: Seed) {
        var random = seed.random
        var machine = HTTP2StreamMachine(bodyLimit: 10)
        let isFirst = machine.receivedHead()
        #expect(isFirst)
        var (forwarded, refusals, ends, isRefused) = (0, 0, 0, false)
        for _ in 0..<30 {
            switch Int.random(in: 0...5, using: &random) {
            case 0...1 where machine.request == .reading:
                let count = Int.random(in: 0...5, using: &random)
                switch machine.received(bodyBytes: count) {
                case .forward: forwarded += count
                case .discard: break
                case .refuse(let refusal):
                    isRefused = true
                    if refusal != .none { refusals += 1 }
                    #expect(refusal != .answer || ends == 0)
                }
            case 2 where Int.random(in: 0...4, using: &random) == 0: _ = machine.receivedEnd()
            case 3: if machine.refuse() != .none { (refusals, isRefused) = (refusals + 1, true) }
            default:
                let parts: [HTTP2StreamMachine.Part] = [.head(status: 200), .body, .end, .interim]
                guard let part = parts.randomElement(using: &random) else { continue }
                let isWanted = machine.produced(part) == .pass
                #expect(!isWanted || (!isRefused && ends == 0))
                if isWanted, part == .end { ends += 1 }
            }
        }
        #expect(forwarded <= 10)
        #expect(refusals + ends <= 1)
        let isSecond = machine.receivedHead()
        #expect(!isSecond)
    }
}
