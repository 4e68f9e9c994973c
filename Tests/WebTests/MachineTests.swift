import Support
import Testing
import Web

struct MachineTests {
    private typealias Machine = HTTPConnectionMachine<Int, Int>

    /// Whatever finishes first, answers leave in the order of the requests, each once.
    @Test(arguments: Seed.cases(300))
    func `answers leave in order`(seed: Seed) {
        var random = seed.random
        var machine = Machine(bodyLimit: 10, pipelineLimit: 8)
        var hot: [(ticket: UInt64, number: Int)] = []
        var routed: [Int] = []
        var asked: [Int] = []
        var left: [Int] = []
        for number in 0..<60 {
            switch UInt.random(in: 0...5, using: &random) {
            case 0...1:
                if let ticket = machine.received(.hot, closes: false) {
                    hot.append((ticket, number))
                    asked.append(number)
                }
                _ = machine.receivedEnd()
            case 2:
                if machine.received(.routed, closes: false) != nil {
                    routed.append(number)
                    asked.append(number)
                }
                _ = machine.receivedEnd()
            case 3 where !hot.isEmpty:
                let (ticket, value) = hot.remove(at: Int.random(in: 0..<hot.count, using: &random))
                machine.answered(ticket, with: value)
            case 4 where !routed.isEmpty:
                #expect(machine.produced(routed.removeFirst(), isEnd: true) == .queued)
            default: break
            }
            while let output = machine.next() { left.append(value(output)) }
        }
        for (ticket, value) in hot.shuffled(using: &random) { machine.answered(ticket, with: value) }
        for value in routed { _ = machine.produced(value, isEnd: true) }
        while let output = machine.next() { left.append(value(output)) }
        #expect(left == asked)
        #expect(machine.owed == 0)
    }

    private func value(_ output: Machine.Output) -> Int {
        switch output {
        case .answer(let value), .part(let value): value
        case .linger: -1
        }
    }

    @Test func `an early answer waits for a small rest of its request, and the connection goes on`() {
        var machine = Machine(bodyLimit: 1000, pipelineLimit: 8)
        let first = machine.received(.hot, closes: false)
        _ = machine.receivedEnd()
        _ = machine.received(.routed, closes: false)
        #expect(machine.isRoutedEarly)
        machine.holdBack(remaining: 2000)
        #expect(machine.produced(2, isEnd: true) == .queued)
        // The answers that are owed to earlier requests leave.
        machine.answered(first ?? 99, with: 1)
        #expect(machine.next() == .answer(1))
        // Beyond the limit of bodies, because nobody keeps it.
        #expect(machine.received(bodyBytes: 2000) == .discard)
        #expect(machine.next() == nil)
        #expect(machine.receivedEnd() == .forward)
        #expect(machine.next() == .part(2))
        #expect(machine.phase == .open && !machine.isHolding)
    }

    @Test func `an early answer leaves at once when too much is to come, and as soon as too much has come`() {
        for remaining in [EarlyAnswer.limit + 1, nil] {
            var machine = Machine(bodyLimit: 1000, pipelineLimit: 8)
            _ = machine.received(.routed, closes: false)
            machine.holdBack(remaining: remaining)
            #expect(machine.doesRoutedClose == (remaining != nil))
            #expect(machine.produced(1, isEnd: true) == .queued)
            if remaining == nil {
                #expect(machine.received(bodyBytes: EarlyAnswer.limit) == .discard)
                #expect(machine.next() == nil)
                #expect(machine.received(bodyBytes: 1) == .release)
                machine.releaseEarly()
            }
            #expect(machine.next() == .part(1))
            #expect(machine.next() == .linger)
        }
    }

    @Test func `an early answer that waited long enough is the connection's last`() {
        var machine = Machine(bodyLimit: 1000, pipelineLimit: 8)
        let ticket = machine.received(.refused, closes: false)
        machine.holdBack(remaining: nil)
        machine.answered(ticket ?? 99, with: 1)
        #expect(machine.next() == nil)
        let isReleased = machine.releaseEarly()
        #expect(isReleased)
        #expect(machine.next() == .answer(1))
        #expect(machine.next() == .linger)
        let isAgain = machine.releaseEarly()
        #expect(!isAgain)
    }

    @Test func `nothing behind a closing request is taken or answered`() {
        var machine = Machine(bodyLimit: 10, pipelineLimit: 8)
        let first = machine.received(.hot, closes: true)
        _ = machine.receivedEnd()
        #expect(machine.received(.hot, closes: false) == nil)
        machine.answered(first ?? 99, with: 1)
        #expect(machine.next() == .answer(1))
        #expect(machine.next() == .linger)
        #expect(machine.next() == nil)
        #expect(machine.phase == .lingering)
    }

    @Test func `a body over the limit is refused once, and what the route still says is dropped`() {
        var machine = Machine(bodyLimit: 10, pipelineLimit: 8)
        let ticket = machine.received(.routed, closes: false)
        #expect(machine.received(bodyBytes: 10) == .forward)
        #expect(machine.received(bodyBytes: 1) == .refuse(ticket ?? 99))
        #expect(machine.received(bodyBytes: 1) == .discard)
        #expect(machine.produced(5, isEnd: true) == .drop)
        machine.answered(ticket ?? 99, with: 413)
        #expect(machine.next() == .answer(413))
        #expect(machine.next() == .linger)
    }

    @Test func `a slow body whose answer has begun is cut without a second answer`() {
        var machine = Machine(bodyLimit: 10, pipelineLimit: 8)
        _ = machine.received(.routed, closes: false)
        _ = machine.produced(1, isEnd: false)
        #expect(machine.next() == .part(1))
        #expect(machine.refuseNewest() == nil)
    }

    @Test func `reading pauses while too many answers are owed`() {
        var machine = Machine(bodyLimit: 10, pipelineLimit: 2)
        let first = machine.received(.hot, closes: false)
        #expect(machine.wantsInput)
        _ = machine.received(.hot, closes: false)
        #expect(!machine.wantsInput)
        machine.answered(first ?? 99, with: 1)
        _ = machine.next()
        #expect(machine.wantsInput)
    }

    @Test func `what the router never answered is not waited for`() {
        var machine = Machine(bodyLimit: 10, pipelineLimit: 8)
        let hot = machine.received(.hot, closes: false)
        _ = machine.receivedEnd()
        _ = machine.received(.routed, closes: false)
        machine.routedEnded()
        #expect(machine.next() == nil)
        machine.answered(hot ?? 99, with: 1)
        #expect(machine.next() == .answer(1))
        #expect(machine.next() == .linger)
    }

    @Test func `each activity has its own limit and answering has none`() {
        var machine = ConnectionDeadlineMachine(idleLimit: 100, headLimit: 20, bodyLimit: 10, lingerLimit: 5, now: 0)
        #expect(machine.expired(at: 99) == .none)
        #expect(machine.expired(at: 100) == .closeIdle)
        machine.entered(.readingHead, at: 40)
        #expect(machine.expired(at: 60) == .closeSlowHead)
        machine.entered(.reading, at: 50)
        #expect(machine.deadline == 60)
        #expect(machine.expired(at: 60) == .refuseSlowBody)
        machine.entered(.answering, at: 60)
        #expect(machine.deadline == nil)
        #expect(machine.expired(at: .max) == .none)
        machine.entered(.lingering, at: 70)
        #expect(machine.expired(at: 75) == .closeLingering)
    }
}
