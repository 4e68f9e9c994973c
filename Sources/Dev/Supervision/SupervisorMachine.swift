/// The next needs of a set of child processes, as plain values: no process, no clock.
///
///     starting ──all ready──▶ running ──stop──▶ stopping ──all gone──▶ over
///         └──── stop, or a child that fails ───────▲ └─ stop ─▶ killing ─▶┘
///
/// Children stand in stages. A stage is launched when every child of the stages below is ready, and stopped when every
/// child of the stages above is gone.
package struct SupervisorMachine {
    package struct Child: Hashable, Sendable {
        package var name: String
        package var stage: Int
        /// Time to end by itself when it is stopped.
        package var grace: Duration

        package init(name: String, stage: Int, grace: Duration) {
            self.name = name
            self.stage = stage
            self.grace = grace
        }
    }

    package enum Ending: Hashable, Sendable {
        case stopped
        case killed
        case ended(String)
        case neverReady(String)
    }

    package enum Action: Hashable, Sendable {
        case launch(String)
        /// Give `due` back after this time.
        case wake(String, after: Duration)
        /// Ask the child to end.
        case stop(String)
        case kill(String)
        /// Give `overdue` back after this time.
        case countDown(stage: Int, after: Duration)
        /// Every child is ready, for the first time.
        case announce
        /// No child is left.
        case finish(Ending)
    }

    /// The wait before a child that was ready is launched again.
    package static let restartDelay = Duration.milliseconds(100)
    /// The longest wait before a child that never gets ready is launched again.
    package static let longestDelay = Duration.seconds(5)

    private enum Phase: Hashable {
        case starting
        case running
        case stopping(stage: Int)
        case killing
        case over
    }

    private enum State: Hashable {
        /// Not yet launched, or gone for good.
        case absent
        /// Launched, but its process is not known yet.
        case launching
        case alive
        case waiting
    }

    private let children: [Child]
    private var phase = Phase.starting
    private var states: [String: State] = [:]
    private var ready: Set<String> = []
    /// How often in a row a child ended before it was ready.
    private var failures: [String: Int] = [:]
    private var ending = Ending.stopped

    package init(children: [Child]) {
        precondition(Set(children.map(\.name)).count == children.count, "names are unique")
        self.children = children
        for child in children { self.states[child.name] = .absent }
    }

    package mutating func start() -> [Action] { self.launchNextStage() }

    package mutating func launched(_ name: String) -> [Action] {
        guard self.states[name] == .launching else { return [] }
        self.states[name] = .alive
        switch self.phase {
        case .starting, .running, .over: return []
        case .stopping: return [.stop(name)]
        case .killing: return [.kill(name)]
        }
    }

    package mutating func becameReady(_ name: String) -> [Action] {
        guard self.states[name] == .alive else { return [] }
        self.ready.insert(name)
        self.failures[name] = nil
        return self.phase == .starting ? self.launchNextStage() : []
    }

    /// The child runs, but did not get ready in time.
    package mutating func missedDeadline(_ name: String) -> [Action] {
        guard self.states[name] == .alive, !self.ready.contains(name) else { return [] }
        switch self.phase {
        case .starting:
            self.ending = .neverReady(name)
            return self.stopFromTop()
        case .running: return [.kill(name)]
        case .stopping, .killing, .over: return []
        }
    }

    package mutating func exited(_ name: String) -> [Action] {
        let wasReady = self.ready.remove(name) != nil
        self.states[name] = .absent
        switch self.phase {
        case .starting:
            self.ending = .ended(name)
            return self.stopFromTop()
        case .running:
            self.states[name] = .waiting
            return [.wake(name, after: self.delay(name, wasReady: wasReady))]
        case .stopping(let stage): return self.stopDown(from: stage, isEntered: true)
        case .killing: return self.finishIfEmpty()
        case .over: return []
        }
    }

    package mutating func due(_ name: String) -> [Action] {
        guard self.phase == .running, self.states[name] == .waiting else { return [] }
        self.states[name] = .launching
        return [.launch(name)]
    }

    /// A person or a supervisor above wants the end; asked twice, wants it now.
    package mutating func stop() -> [Action] {
        switch self.phase {
        case .starting, .running: return self.stopFromTop()
        case .stopping:
            self.phase = .killing
            if self.ending == .stopped { self.ending = .killed }
            return self.alive.map { .kill($0.name) } + self.finishIfEmpty()
        case .killing, .over: return []
        }
    }

    /// The grace of a stage is over.
    package mutating func overdue(stage: Int) -> [Action] {
        guard self.phase == .stopping(stage: stage) else { return [] }
        return self.alive.filter { $0.stage == stage }.map { .kill($0.name) }
    }

    private var alive: [Child] { self.children.filter { self.states[$0.name] == .alive } }

    private func isPresent(_ child: Child) -> Bool {
        self.states[child.name] == .alive || self.states[child.name] == .launching
    }

    /// Doubles with every end in a row before the child was ready.
    private mutating func delay(_ name: String, wasReady: Bool) -> Duration {
        guard !wasReady else { return Self.restartDelay }
        let count = self.failures[name, default: 0]
        self.failures[name] = count + 1
        return min(Self.longestDelay, Self.restartDelay * (1 << min(count, 10)))
    }

    private mutating func launchNextStage() -> [Action] {
        let absent = self.children.filter { self.states[$0.name] == .absent }
        let isSettled = self.children.allSatisfy { !self.isPresent($0) || self.ready.contains($0.name) }
        guard isSettled else { return [] }
        guard let stage = absent.map(\.stage).min() else {
            self.phase = .running
            return [.announce]
        }
        return absent.filter { $0.stage == stage }.map { child in
            self.states[child.name] = .launching
            return .launch(child.name)
        }
    }

    private mutating func stopFromTop() -> [Action] {
        for child in self.children where self.states[child.name] == .waiting { self.states[child.name] = .absent }
        return self.stopDown(from: self.children.map(\.stage).max() ?? 0, isEntered: false)
    }

    /// Stops the highest stage that has children left, unless it is being stopped already.
    private mutating func stopDown(from stage: Int, isEntered: Bool) -> [Action] {
        guard let highest = self.children.filter(self.isPresent).map(\.stage).max() else {
            self.phase = .over
            return [.finish(self.ending)]
        }
        if isEntered && highest == stage { return [] }
        self.phase = .stopping(stage: highest)
        let members = self.children.filter { $0.stage == highest }
        let grace = members.map(\.grace).max() ?? .zero
        // A child whose process is not known yet is stopped as soon as it is.
        let stops = members.filter { self.states[$0.name] == .alive }.map { Action.stop($0.name) }
        return stops + [.countDown(stage: highest, after: grace)]
    }

    private mutating func finishIfEmpty() -> [Action] {
        guard self.phase == .killing, !self.children.contains(where: self.isPresent) else { return [] }
        self.phase = .over
        return [.finish(self.ending)]
    }
}
