import Payments

/// All that can happen from one state: each a transition of its own.
enum SearchEvent: Hashable, Sendable, CustomStringConvertible {
    /// A worker gets a message, and reads the record.
    case deliver(message: Int, worker: Int)
    case step(worker: Int)
    /// The worker ends before its next step, or behind it with the reply unread; its message comes again.
    case crash(worker: Int, isBehind: Bool)
    case expire(account: Int)
    case duplicate(message: Int)
    case look(payment: Int)
    case cancel(payment: Int)
    /// A message that came once too often.
    case bury(message: Int)
    case redrive(payment: Int)

    /// Whether it comes to pass sooner or later, if it can: what a payment's end may be left to.
    var isFair: Bool {
        switch self {
        case .deliver, .step, .look, .redrive: true
        case .crash, .expire, .duplicate, .cancel, .bury: false
        }
    }

    var description: String {
        switch self {
        case .deliver(let message, let worker): "worker \(worker) gets message \(message)"
        case .step(let worker): "worker \(worker)"
        case .crash(let worker, let isBehind): "worker \(worker) ends \(isBehind ? "behind" : "before")"
        case .expire(let account): "the lease of account \(account) ends"
        case .duplicate(let message): "message \(message) comes again"
        case .look(let payment): "a sweeper looks at \(payment)"
        case .cancel(let payment): "\(payment) is cancelled"
        case .bury(let message): "message \(message) makes a dead letter"
        case .redrive(let payment): "\(payment) is redriven"
        }
    }
}

extension SearchState {
    /// The events that can happen now.
    func events(_ scenario: SearchScenario) -> [SearchEvent] {
        var events: [SearchEvent] = []
        for (worker, job) in self.jobs.enumerated() where job != nil {
            events.append(.step(worker: worker))
            if self.crashes > 0 {
                events.append(.crash(worker: worker, isBehind: false))
                events.append(.crash(worker: worker, isBehind: true))
            }
        }
        let idle = self.jobs.dropLast().firstIndex { $0 == nil }
        for message in self.store.messages {
            if !message.isDeliverable {
                if self.duplicates > 0 { events.append(.duplicate(message: message.id)) }
            } else if let idle {
                events.append(.deliver(message: message.id, worker: idle))
                if self.burials > 0 { events.append(.bury(message: message.id)) }
            }
        }
        if self.expiries > 0 {
            for (account, value) in self.store.accounts.enumerated() where value.lock != nil {
                events.append(.expire(account: account))
            }
        }
        for (payment, record) in self.store.payments.enumerated() {
            if record.isOpen && self.jobs[self.aide] == nil && (scenario.isSwept || record.absence != nil) {
                let isAttended = self.store.messages.contains { $0.payment == payment }
                if !isAttended || self.looks > 0 { events.append(.look(payment: payment)) }
            }
            if self.cancels > 0 { events.append(.cancel(payment: payment)) }
            if record.isDead { events.append(.redrive(payment: payment)) }
        }
        return events
    }

    /// The state after an event.
    func after(_ event: SearchEvent, _ scenario: SearchScenario) -> SearchState {
        var next = self
        switch event {
        case .deliver(let id, let worker): next.deliver(id, worker, scenario)
        case .step(let worker): next.step(worker, scenario)
        case .crash(let worker, let isBehind):
            next.crashes -= 1
            let message = self.jobs[worker]?.message
            if isBehind { next.step(worker, scenario, endsBehind: true) }
            next.jobs[worker] = nil
            next.again(message)
        case .expire(let account):
            next.expiries -= 1
            next.store.accounts[account].lock = nil
        case .duplicate(let id):
            next.duplicates -= 1
            next.again(id)
        case .look(let payment):
            if self.store.messages.contains(where: { $0.payment == payment }) { next.looks -= 1 }
            let word = next.store.look(payment, isBehind: next.store.isBehind(payment))
            if word == "ended" || word == "dead" { next.cleanUp(payment) }
            if word == "waits", let stray = next.store.stray(before: payment) { next.cleanUp(stray) }
        case .cancel(let payment):
            next.cancels -= 1
            let word = next.store.cancel(payment, isWhole: scenario.isWhole)
            if word == "cancelled", !scenario.isWhole, next.jobs[next.aide] == nil {
                next.cleanUp(payment)
            }
        case .bury(let id):
            next.burials -= 1
            let payment = self.store.messages.first { $0.id == id }?.payment ?? 0
            _ = next.store.attempt(payment, message: id, limit: 1, isWhole: scenario.isWhole)
        case .redrive(let payment): _ = next.store.redrive(payment)
        }
        if scenario.merges { next.merge() }
        return next
    }

    private mutating func cleanUp(_ payment: Int) {
        var machine = SplitMachine(.leaver)
        guard case .step(let step) = machine.begin() else { return }
        self.jobs[self.aide] = Job(payment: payment, message: nil, order: 0, machine: machine, step: step)
    }

    private mutating func again(_ message: Int?) {
        guard let index = self.store.messages.firstIndex(where: { $0.id == message }) else { return }
        self.store.messages[index].isDeliverable = true
    }

    private mutating func deliver(_ id: Int, _ worker: Int, _ scenario: SearchScenario) {
        guard let index = self.store.messages.firstIndex(where: { $0.id == id }) else { return }
        let message = self.store.messages[index]
        self.store.messages[index].isDeliverable = false
        self.store.messages[index].isRead = true
        let order = self.store.payments[message.payment].order
        var machine = SplitMachine(message.role)
        guard case .step(var step) = machine.begin() else { return }
        let isByScript = scenario.isWhole && message.role == .locker
        if scenario.program == .grasping {
            if message.role == .locker { step = .takeFrom }
        } else if !isByScript {
            // To be given it and to read the record at once is to be given it later.
            guard case .step(let next) = machine.next(.record(self.store.record(message.payment))) else {
                self.store.broken = "a record cannot be worked on"
                return
            }
            step = next
            if step == .acknowledge { return self.store.done(id) }
        }
        var job = Job(payment: message.payment, message: id, order: order, machine: machine, step: step)
        job.isByScript = isByScript
        self.jobs[worker] = job
    }

    private mutating func step(_ worker: Int, _ scenario: SearchScenario, endsBehind: Bool = false) {
        guard var job = self.jobs[worker] else { return }
        if job.isByScript {
            let isInSteps = self.store.once(job.payment, message: job.message) == "other"
            job.isByScript = false
            self.jobs[worker] = isInSteps && !endsBehind ? job : nil
            return
        }
        if job.step == .read, !job.machine.isParking { job.order = self.store.payments[job.payment].order }
        let answer = self.store.carryOut(job.step, job.payment, order: job.order, message: job.message)
        guard !endsBehind else { return }
        let isGrasping = job.machine.role == .locker && scenario.program == .grasping
        switch isGrasping ? self.grasp(job, answer) : job.machine.next(answer) {
        case .step(.acknowledge), .finished:
            self.store.done(job.message)
            self.jobs[worker] = nil
        case .step(let step):
            job.step = step
            self.jobs[worker] = job
        case .unfinished:
            self.again(job.message)
            self.jobs[worker] = nil
        case .failed: self.store.broken = "\(job.step) answered \(answer)"
        }
    }

    /// One lock after the other, and the first is kept.
    private func grasp(_ job: Job, _ answer: SplitMachine.Answer) -> SplitMachine.Next {
        switch (job.step, answer) {
        case (.takeFrom, .taken): .step(.takeTo)
        case (.takeTo, .taken(let token)):
            .step(.hold(tokenFrom: self.store.accounts[self.store.payments[job.payment].from].token, tokenTo: token))
        default: .step(.acknowledge)
        }
    }

    /// Of messages that ask for the same and that nobody has, one is enough.
    private mutating func merge() {
        var kept: [ModelStore.Message] = []
        // One that comes again while a worker has it is acknowledged by that worker, too.
        let free = Set(self.store.messages.filter(\.isDeliverable).map(\.id)).subtracting(
            self.jobs.compactMap { $0?.message }
        )
        for message in self.store.messages {
            let isRecorded = self.store.payments[message.payment].message == message.id
            let caller = self.caller(message.id)
            let index = kept.firstIndex {
                $0.payment == message.payment && $0.role == message.role && free.contains($0.id)
                    && self.caller($0.id) == caller
            }
            if free.contains(message.id), let index {
                let dropped = isRecorded ? kept[index] : message
                if isRecorded { kept[index] = message }
                kept[index].isRead = message.isRead || dropped.isRead
            } else {
                kept.append(message)
            }
        }
        self.store.messages = kept
    }

    /// The account whose wake-up a message is: it may take the message back.
    private func caller(_ message: Int) -> Int? {
        self.store.accounts.firstIndex { $0.woken?.message == message }
    }
}

/// Breadth first over all states, each once.
struct Search {
    struct Result {
        var states = 0
        var transitions = 0
        /// The first violation, and the shortest path to it.
        var violation: String?
        var path: [String] = []
    }

    private let scenario: SearchScenario
    private var parents: [Int32] = [-1]
    private var choices: [UInt8] = [0]
    private var finished: [Int32] = []
    /// Of transitions that come to pass sooner or later.
    private var sources: [Int32] = []
    private var targets: [Int32] = []

    static func run(_ scenario: SearchScenario, limit: Int = 2_000_000) async -> Result {
        var search = Search(scenario: scenario)
        return await search.run(limit)
    }

    private init(scenario: SearchScenario) {
        self.scenario = scenario
    }

    private mutating func run(_ limit: Int) async -> Result {
        let start = SearchState(self.scenario)
        var known: [Fingerprint: Int32] = [start.fingerprint: 0]
        var layer: [(index: Int32, state: SearchState)] = [(0, start)]
        var result = Result()
        while !layer.isEmpty {
            var below: [(index: Int32, state: SearchState)] = []
            for (index, state) in layer {
                // Others' tests have the same few threads.
                if index.isMultiple(of: 64) { await Task.yield() }
                if state.isFinished { self.finished.append(index) }
                for (choice, event) in state.events(self.scenario).enumerated() {
                    let next = state.after(event, self.scenario)
                    result.transitions += 1
                    let found = known.count
                    let target = known[next.fingerprint, default: Int32(found)]
                    if event.isFair {
                        self.sources.append(index)
                        self.targets.append(target)
                    }
                    guard target == Int32(found) else { continue }
                    known[next.fingerprint] = target
                    self.parents.append(index)
                    self.choices.append(UInt8(choice))
                    if let violation = next.violation(from: start) {
                        result.states = known.count
                        result.violation = violation
                        result.path = self.path(to: target)
                        return result
                    }
                    below.append((target, next))
                }
            }
            precondition(known.count < limit, "\(self.scenario.testDescription) has too many states")
            layer = below
        }
        result.states = known.count
        if let stuck = self.stuck() {
            result.violation = "from here it never ends"
            result.path = self.path(to: stuck)
        }
        return result
    }

    /// The first state from which no path leads to the end, over what comes to pass sooner or later.
    private func stuck() -> Int32? {
        var first = [Int32](repeating: 0, count: self.parents.count + 1)
        for target in self.targets { first[Int(target) + 1] += 1 }
        for index in 1..<first.count { first[index] += first[index - 1] }
        var next = first
        var before = [Int32](repeating: 0, count: self.targets.count)
        for (source, target) in zip(self.sources, self.targets) {
            before[Int(next[Int(target)])] = source
            next[Int(target)] += 1
        }
        var isGood = [Bool](repeating: false, count: self.parents.count)
        var open = self.finished
        for index in open { isGood[Int(index)] = true }
        while let index = open.popLast() {
            for edge in first[Int(index)]..<first[Int(index) + 1] where !isGood[Int(before[Int(edge)])] {
                isGood[Int(before[Int(edge)])] = true
                open.append(before[Int(edge)])
            }
        }
        return isGood.firstIndex(of: false).map { Int32($0) }
    }

    /// The events on the shortest way to a state.
    private func path(to index: Int32) -> [String] {
        var choices: [UInt8] = []
        var index = index
        while index > 0 {
            choices.append(self.choices[Int(index)])
            index = self.parents[Int(index)]
        }
        var state = SearchState(self.scenario)
        var path: [String] = []
        for choice in choices.reversed() {
            let event = state.events(self.scenario)[Int(choice)]
            path.append(state.line(event, self.scenario))
            state = state.after(event, self.scenario)
        }
        return path + ["\(state.store)", "\(state.jobs)"]
    }
}

extension SearchState {
    fileprivate func line(_ event: SearchEvent, _ scenario: SearchScenario) -> String {
        switch event {
        case .step(let worker), .crash(let worker, _):
            guard let job = self.jobs[worker] else { return "\(event)" }
            let step = job.isByScript ? "script" : "\(job.step)"
            return "\(event): \(job.machine.role) of \(job.payment), \(step)"
        case .deliver(let id, _), .duplicate(let id), .bury(let id):
            guard let message = self.store.messages.first(where: { $0.id == id }) else { return "\(event)" }
            return "\(event): \(message.role) of \(message.payment)"
        default: return "\(event)"
        }
    }
}
