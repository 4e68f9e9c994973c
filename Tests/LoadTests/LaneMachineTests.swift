import Load
import Testing

struct LaneMachineTests {
    /// Whatever happens on a connection, each request sent on it comes back exactly once, in order.
    @Test(arguments: 0..<500)
    func `every request sent comes back once`(seed: Int) {
        var random = Seeded(seed)
        var machine = LoadConnectionMachine()
        var sent: [Int] = []
        var returned: [Int] = []
        var isClosed = false
        for step in 0..<60 {
            switch Int.random(in: 0...20, using: &random) {
            case 0...6:
                guard machine.isIdle else { break }
                machine.send(PendingRequest(id: step, dueAt: 0), at: Int64(step))
                sent.append(step)
            case 7...11:
                let keepsAlive = Int.random(in: 0..<8, using: &random) > 0
                let answer = IDAnswer(status: 200, window: nil, isFirst: nil, isKeepingAlive: keepsAlive)
                if machine.headRead(answer) == .close { isClosed = true }
            case 12...15: if machine.bodyRead("ok".utf8) == .close { isClosed = true }
            case 16...19:
                switch machine.ended() {
                case .deliver(let ending): returned.append(ending.request.id)
                case .deliverAndClose(let ending):
                    returned.append(ending.request.id)
                    #expect(!machine.isIdle)
                case .close: isClosed = true
                }
            default: isClosed = true
            }
            guard isClosed else { continue }
            if let ending = machine.close(because: .closed) {
                #expect(ending.outcome == .unknown(.closed))
                returned.append(ending.request.id)
            }
            #expect(!machine.isIdle)
        }
        if let ending = machine.close(because: .stopped) { returned.append(ending.request.id) }
        #expect(machine.close(because: .stopped) == nil)
        #expect(returned == sent)
    }

    @Test
    func `a request is overdue when it was sent before the instant`() {
        var machine = LoadConnectionMachine()
        #expect(!machine.isWaiting(sinceBefore: .max))
        machine.send(PendingRequest(id: 1, dueAt: 0), at: 100)
        #expect(!machine.isWaiting(sinceBefore: 100))
        #expect(machine.isWaiting(sinceBefore: 101))
    }

    @Test
    func `a body without end closes the connection`() {
        var machine = LoadConnectionMachine()
        machine.send(PendingRequest(id: 1, dueAt: 0), at: 0)
        #expect(machine.bodyRead([1]) == .close)
        let head = IDAnswer(status: 200, window: nil, isFirst: nil, isKeepingAlive: true)
        #expect(machine.headRead(head) == .wait)
        #expect(machine.headRead(head) == .close)
        #expect(machine.bodyRead(repeatElement(0, count: IDAnswer.bodyLimit)) == .wait)
        #expect(machine.bodyRead([0]) == .close)
    }
}
