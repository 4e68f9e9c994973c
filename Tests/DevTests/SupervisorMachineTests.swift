import Dev
import Testing

@Suite
struct SupervisorMachineTests {
    private typealias Machine = SupervisorMachine

    private let children = [
        Machine.Child(name: "store", stage: 0, grace: .seconds(3)),
        Machine.Child(name: "a", stage: 1, grace: .seconds(1)),
        Machine.Child(name: "b", stage: 1, grace: .seconds(2)),
        Machine.Child(name: "front", stage: 2, grace: .seconds(1)),
    ]

    /// A machine whose children are all ready.
    private func running() -> Machine {
        var machine = Machine(children: self.children)
        var actions = machine.start()
        while actions != [.announce] {
            let names = actions.map { if case .launch(let name) = $0 { name } else { "" } }
            actions = names.flatMap { machine.launched($0) } + names.flatMap { machine.becameReady($0) }
        }
        return machine
    }

    @Test
    func `a stage waits for the one below`() {
        var machine = Machine(children: self.children)
        #expect(machine.start() == [.launch("store")])
        #expect(machine.launched("store").isEmpty)
        #expect(machine.becameReady("store") == [.launch("a"), .launch("b")])
        #expect((machine.launched("a") + machine.launched("b") + machine.becameReady("b")).isEmpty)
        #expect(machine.becameReady("a") == [.launch("front")])
        #expect(machine.launched("front").isEmpty)
        #expect(machine.becameReady("front") == [.announce])
    }

    @Test
    func `a child that was ready comes back at once, one that never is comes back later and later`() {
        var machine = self.running()
        #expect(machine.exited("a") == [.wake("a", after: Machine.restartDelay)])
        var delays: [Duration] = []
        for _ in 0..<10 {
            #expect(machine.due("a") == [.launch("a")])
            #expect(machine.launched("a").isEmpty)
            guard case .wake("a", let delay) = machine.exited("a").first else { break }
            delays.append(delay)
        }
        #expect(delays.count == 10 && delays == delays.sorted() && delays.last == Machine.longestDelay)
        _ = machine.due("a")
        _ = machine.launched("a")
        #expect(machine.becameReady("a").isEmpty)
        #expect(machine.exited("a") == [.wake("a", after: Machine.restartDelay)])
    }

    @Test
    func `stages are stopped from the top, each when the one above is gone`() {
        var machine = self.running()
        #expect(machine.stop() == [.stop("front"), .countDown(stage: 2, after: .seconds(1))])
        #expect(machine.exited("front") == [.stop("a"), .stop("b"), .countDown(stage: 1, after: .seconds(2))])
        #expect(machine.overdue(stage: 2).isEmpty)
        #expect(machine.exited("b").isEmpty)
        #expect(machine.overdue(stage: 1) == [.kill("a")])
        #expect(machine.exited("a") == [.stop("store"), .countDown(stage: 0, after: .seconds(3))])
        #expect(machine.exited("store") == [.finish(.stopped)])
    }

    @Test
    func `a second stop kills what is left`() {
        var machine = self.running()
        _ = machine.stop()
        #expect(Set(machine.stop()) == Set(self.children.map { .kill($0.name) }))
        #expect(["a", "store", "b"].flatMap { machine.exited($0) }.isEmpty)
        #expect(machine.exited("front") == [.finish(.killed)])
    }

    @Test
    func `a child that ends before the system is up ends it`() {
        var machine = Machine(children: self.children)
        _ = machine.start()
        _ = machine.launched("store")
        _ = machine.becameReady("store")
        // a ends while b's process is not even known: b is stopped as soon as it is.
        _ = machine.launched("a")
        #expect(machine.exited("a") == [.countDown(stage: 1, after: .seconds(2))])
        #expect(machine.launched("b") == [.stop("b")])
        #expect(machine.exited("b") == [.stop("store"), .countDown(stage: 0, after: .seconds(3))])
        #expect(machine.exited("store") == [.finish(.ended("a"))])
    }

    @Test
    func `a child that never gets ready ends a start, and is killed later`() {
        var machine = Machine(children: self.children)
        _ = machine.start()
        _ = machine.launched("store")
        #expect(machine.missedDeadline("store") == [.stop("store"), .countDown(stage: 0, after: .seconds(3))])
        #expect(machine.exited("store") == [.finish(.neverReady("store"))])

        machine = self.running()
        _ = machine.exited("b")
        _ = machine.due("b")
        _ = machine.launched("b")
        #expect(machine.missedDeadline("b") == [.kill("b")])
    }

    /// Random deaths, delays and stops: whatever comes, the promises hold.
    @Test(arguments: 1...200)
    func `nothing is launched twice, and nothing is left`(seed: Int) {
        var random = SplitMix(state: UInt64(seed))
        var machine = Machine(children: self.children)
        var world = World()
        world.take(machine.start())
        var steps = 0
        while world.ending == nil {
            steps += 1
            guard steps < 10_000 else { break }
            if steps > 60, steps % 7 == 0 { world.take(machine.stop()) }
            switch Int.random(in: 0..<10, using: &random) {
            case 0...2:
                guard let name = world.launching.sorted().randomElement(using: &random) else { break }
                world.launching.remove(name)
                world.alive.insert(name)
                world.take(machine.launched(name))
            case 3...5:
                if let name = world.alive.sorted().randomElement(using: &random) {
                    world.take(machine.becameReady(name))
                }
            case 6, 7:
                let present = world.alive.union(world.launching)
                guard let name = present.sorted().randomElement(using: &random) else { break }
                world.alive.remove(name)
                world.launching.remove(name)
                world.take(machine.exited(name))
            case 8:
                if let name = world.waiting.sorted().randomElement(using: &random) { world.take(machine.due(name)) }
            default:
                let name = self.children.randomElement(using: &random)?.name ?? ""
                let stage = Int.random(in: 0...2, using: &random)
                world.take(machine.missedDeadline(name) + machine.overdue(stage: stage))
            }
        }
        #expect(world.faults.isEmpty)
        #expect(world.ending != nil && world.alive.isEmpty && world.launching.isEmpty)
        #expect((machine.stop() + machine.due("a") + machine.exited("a") + machine.overdue(stage: 0)).isEmpty)
    }
}

/// The state that the machine's actions have led to.
private struct World {
    var launching: Set<String> = []
    var alive: Set<String> = []
    var waiting: Set<String> = []
    var ending: SupervisorMachine.Ending?
    var announced = 0
    var faults: [String] = []

    mutating func take(_ actions: [SupervisorMachine.Action]) {
        for action in actions {
            if self.ending != nil { self.faults.append("\(action) after the end") }
            switch action {
            case .launch(let name):
                self.waiting.remove(name)
                if self.alive.contains(name) || !self.launching.insert(name).inserted {
                    self.faults.append("\(name) launched twice")
                }
                if name == "front" && self.announced == 0 && !self.alive.isSuperset(of: ["store", "a", "b"]) {
                    self.faults.append("front launched too early")
                }
            case .wake(let name, _): self.waiting.insert(name)
            case .stop(let name):
                if !self.alive.contains(name) { self.faults.append("\(name) stopped while absent") }
                if name == "store" && self.alive.count + self.launching.count > 1 {
                    self.faults.append("the store stopped too early")
                }
            case .kill(let name):
                if !self.alive.contains(name) { self.faults.append("\(name) killed while absent") }
            case .countDown: break
            case .announce:
                self.announced += 1
                if self.announced > 1 { self.faults.append("announced twice") }
            case .finish(let ending): self.ending = ending
            }
        }
    }
}

private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var z = self.state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
