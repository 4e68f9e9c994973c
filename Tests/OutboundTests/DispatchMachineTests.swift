import Outbound
import Testing

struct DispatchMachineTests {
    private typealias Machine = DispatchMachine<UInt64>

    private let start = ContinuousClock.now

    private func lane(_ host: String, trusted: Bool = false) -> Machine.Lane {
        Machine.Lane(host: host, port: 80, isTrusted: trusted)
    }

    private func machine(
        concurrent: Int = 8,
        waiting: Int = 8,
        waitingPerHost: Int = 8,
        concurrentPerHost: Int = 2
    ) -> Machine {
        Machine(
            limits: .init(
                concurrent: concurrent,
                waiting: waiting,
                waitingPerHost: waitingPerHost,
                concurrentPerHost: concurrentPerHost
            )
        )
    }

    private func submit(
        _ machine: inout Machine,
        _ id: UInt64,
        _ lane: Machine.Lane,
        deadline: Duration = .seconds(60)
    ) -> Machine.SubmitAction {
        machine.submitted(id, lane: lane, deadline: self.start + deadline, ticket: id)
    }

    @Test func `hosts take turns and none gets more than its share`() {
        var machine = self.machine(concurrent: 16, waiting: 16)
        for id in 1...5 as ClosedRange<UInt64> { _ = self.submit(&machine, id, self.lane("slow")) }
        for id in 6...7 as ClosedRange<UInt64> { _ = self.submit(&machine, id, self.lane("fast")) }
        #expect(machine.turn(at: self.start).starting.map(\.id) == [1, 6, 2, 7])
        #expect(machine.turn(at: self.start).starting.isEmpty)
        machine.finished(6)
        #expect(machine.turn(at: self.start).starting.isEmpty)
        machine.finished(1)
        #expect(machine.turn(at: self.start).starting.map(\.id) == [3])
    }

    @Test func `callers leave a quarter to the operator`() {
        var machine = self.machine(concurrent: 4, waiting: 4)
        var id: UInt64 = 0
        var taken = 0
        while self.submit(&machine, id, self.lane("host\(id)")) == .wake {
            taken += machine.turn(at: self.start).starting.count
            id += 1
        }
        #expect(taken == 3)
        #expect(machine.waitingCount == 3)
        #expect(self.submit(&machine, 100, self.lane("own", trusted: true)) == .wake)
        #expect(machine.turn(at: self.start).starting.map(\.id) == [100])
        #expect(self.submit(&machine, 101, self.lane("own", trusted: true)) == .wake)
        #expect(self.submit(&machine, 102, self.lane("own", trusted: true)) == .reject(.notSent(.overloaded)))
    }

    @Test func `trusted requests go first`() {
        var machine = self.machine(concurrent: 1)
        _ = self.submit(&machine, 1, self.lane("a"))
        _ = self.submit(&machine, 2, self.lane("a", trusted: true))
        #expect(machine.turn(at: self.start).starting.map(\.id) == [2])
    }

    @Test func `a host has its own limit on what waits`() {
        var machine = self.machine(waiting: 100, waitingPerHost: 3, concurrentPerHost: 1)
        _ = self.submit(&machine, 0, self.lane("slow"))
        _ = machine.turn(at: self.start)
        for id in 1...3 as ClosedRange<UInt64> { #expect(self.submit(&machine, id, self.lane("slow")) == .wake) }
        #expect(self.submit(&machine, 4, self.lane("slow")) == .reject(.notSent(.overloaded)))
        #expect(self.submit(&machine, 5, self.lane("fast")) == .wake)
    }

    @Test func `without a queue, what can start at once still starts`() {
        var machine = self.machine(waiting: 0, concurrentPerHost: 1)
        #expect(self.submit(&machine, 1, self.lane("a")) == .wake)
        #expect(self.submit(&machine, 2, self.lane("a")) == .reject(.notSent(.overloaded)))
        #expect(self.submit(&machine, 3, self.lane("b")) == .wake)
    }

    @Test func `what waits too long is given back, and the next turn is due then`() {
        var machine = self.machine(concurrentPerHost: 1)
        _ = self.submit(&machine, 1, self.lane("a"))
        _ = machine.turn(at: self.start)
        _ = self.submit(&machine, 2, self.lane("a"), deadline: .seconds(5))
        _ = self.submit(&machine, 3, self.lane("a"), deadline: .seconds(2))
        #expect(machine.turn(at: self.start).next.map { $0 <= self.start + .seconds(2) } == true)
        #expect(machine.turn(at: self.start + .seconds(2)).expired == [3])
        #expect(machine.turn(at: self.start + .seconds(2)).next == self.start + .seconds(5))
        #expect(machine.turn(at: self.start + .seconds(9)).expired == [2])
        #expect(machine.turn(at: self.start + .seconds(9)).next == nil)
    }

    @Test func `draining ends when nothing is left, or at its deadline`() {
        var machine = self.machine(concurrentPerHost: 1)
        _ = self.submit(&machine, 1, self.lane("a"))
        _ = self.submit(&machine, 2, self.lane("a"))
        _ = machine.turn(at: self.start)
        machine.drain(until: self.start + .seconds(5))
        #expect(self.submit(&machine, 3, self.lane("b")) == .reject(.notSent(.shuttingDown)))
        var late = machine
        machine.finished(1)
        #expect(machine.turn(at: self.start).starting.map(\.id) == [2])
        machine.finished(2)
        #expect(machine.turn(at: self.start).isLast)

        let turn = late.turn(at: self.start + .seconds(5))
        #expect(turn.isStopping && !turn.isLast)
        #expect(turn.dropped == [2])
        late.finished(1)
        #expect(late.turn(at: self.start).isLast)
    }

    /// Whatever happens, a ticket that was taken comes back once and no limit is passed.
    @Test(arguments: 1...300 as ClosedRange<UInt64>)
    func `every ticket comes back once`(seed: UInt64) {
        var random = SeededGenerator(seed)
        let (concurrent, waiting) = (Int.random(in: 1...6, using: &random), Int.random(in: 0...12, using: &random))
        let (waitingPerHost, perHost) = (Int.random(in: 0...6, using: &random), Int.random(in: 1...3, using: &random))
        var machine = self.machine(
            concurrent: concurrent,
            waiting: waiting,
            waitingPerHost: waitingPerHost,
            concurrentPerHost: perHost
        )
        var now = self.start
        var lanes: [UInt64: Machine.Lane] = [:]
        var running: Set<UInt64> = []
        var returned: [UInt64] = []

        func turn() -> Bool {
            let turn = machine.turn(at: now)
            returned += turn.expired + turn.dropped
            for (id, _, ticket) in turn.starting {
                #expect(id == ticket && running.insert(id).inserted)
            }
            #expect(Set(turn.abandoned).isSubset(of: running))
            for id in turn.isStopping ? Array(running) : Array(Set(turn.abandoned)) {
                running.remove(id)
                returned.append(id)
                machine.finished(id)
            }
            #expect(running.count <= concurrent && machine.runningCount == running.count)
            for (_, ids) in Dictionary(grouping: running, by: { lanes[$0]! }) { #expect(ids.count <= perHost) }
            #expect(running.count { !lanes[$0]!.isTrusted } <= concurrent - concurrent / 4)
            return turn.isLast
        }

        for id in 1...200 as ClosedRange<UInt64> {
            switch Int.random(in: 0...9, using: &random) {
            case 0...4:
                let host = ["a", "b", "c"].randomElement(using: &random)!
                let lane = self.lane(host, trusted: Bool.random(using: &random))
                let deadline = now + .milliseconds(Int.random(in: 1...500, using: &random))
                if machine.submitted(id, lane: lane, deadline: deadline, ticket: id) == .wake { lanes[id] = lane }
                #expect(machine.waitingCount <= max(waiting, concurrent))
            case 5, 6:
                if let id = running.sorted().randomElement(using: &random) {
                    running.remove(id)
                    returned.append(id)
                    machine.finished(id)
                }
            case 7:
                let id = UInt64.random(in: 1...id, using: &random)
                if case .fail(let ticket) = machine.cancelled(id) { returned.append(ticket) }
            default:
                now += .milliseconds(Int.random(in: 0...100, using: &random))
                _ = turn()
            }
        }
        machine.drain(until: now + .seconds(1))
        for _ in 0..<10 where !turn() { now += .milliseconds(300) }
        #expect(turn())
        #expect(returned.sorted() == lanes.keys.sorted())
    }
}
