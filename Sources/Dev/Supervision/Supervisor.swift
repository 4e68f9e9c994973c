private import Glibc

/// Carries out on processes what ``SupervisorMachine`` decides.
package struct Supervisor: Sendable {
    private enum Event: Sendable {
        case launched(String, CInt)
        case ready(String)
        case missedDeadline(String)
        case exited(String, how: String)
        case due(String)
        case overdue(stage: Int)
        case stop
    }

    private let children: [ChildProcess]
    private let setpriv: String
    private let readyDeadline: Duration
    private let say: @Sendable (String) -> Void

    /// `setpriv` is the path of that program; `say` takes lines for the person at the terminal.
    package init(
        children: [ChildProcess],
        setpriv: String,
        readyDeadline: Duration,
        say: @escaping @Sendable (String) -> Void
    ) {
        self.children = children
        self.setpriv = setpriv
        self.readyDeadline = readyDeadline
        self.say = say
    }

    /// Keeps all children running until the first element of `stops`; the second one kills them.
    ///
    /// `announce` is called once, when every child is ready. When this returns or throws, no child is left.
    package func run(
        stops: some AsyncSequence<Void, Never> & Sendable,
        announce: @Sendable () -> Void
    ) async throws(DevError) {
        let (events, feed) = AsyncStream.makeStream(of: Event.self)
        let ending = await withTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask {
                for await _ in stops { feed.yield(.stop) }
            }
            var machine = SupervisorMachine(children: self.members)
            var processes: [String: CInt] = [:]
            var how: [String: String] = [:]
            var actions = machine.start()
            var iterator = events.makeAsyncIterator()
            while true {
                for action in actions {
                    if case .finish(let ending) = action { return Optional((ending, how)) }
                    self.perform(action, processes, in: &group, feed: feed, announce: announce)
                }
                // Nil when this task is cancelled: then the group's end kills the children.
                guard let event = await iterator.next() else { return nil }
                if case .launched(let name, let pid) = event { processes[name] = pid }
                if case .exited(let name, let words) = event {
                    processes[name] = nil
                    how[name] = words
                    self.say("\(name) ended (\(words))")
                }
                actions = Self.feed(event, to: &machine)
            }
        }
        guard let (ending, how) = ending else { throw .killed }
        try self.conclude(ending, how)
    }

    private var members: [SupervisorMachine.Child] {
        self.children.map { .init(name: $0.name, stage: $0.stage, grace: $0.grace) }
    }

    private static func feed(_ event: Event, to machine: inout SupervisorMachine) -> [SupervisorMachine.Action] {
        switch event {
        case .launched(let name, _): machine.launched(name)
        case .ready(let name): machine.becameReady(name)
        case .missedDeadline(let name): machine.missedDeadline(name)
        case .exited(let name, _): machine.exited(name)
        case .due(let name): machine.due(name)
        case .overdue(let stage): machine.overdue(stage: stage)
        case .stop: machine.stop()
        }
    }

    private func perform(
        _ action: SupervisorMachine.Action,
        _ processes: [String: CInt],
        in group: inout TaskGroup<Void>,
        feed: AsyncStream<Event>.Continuation,
        announce: @Sendable () -> Void
    ) {
        switch action {
        case .launch(let name):
            guard let child = self.children.first(where: { $0.name == name }) else { return }
            group.addTask { await self.attend(child, feed: feed) }
        case .wake(let name, let delay):
            self.say("\(name) starts again in \(delay)")
            group.addTask {
                // When cancelled, nobody listens to the event any more.
                try? await Task.sleep(for: delay)
                feed.yield(.due(name))
            }
        case .countDown(let stage, let delay):
            group.addTask {
                // As above.
                try? await Task.sleep(for: delay)
                feed.yield(.overdue(stage: stage))
            }
        case .stop(let name):
            guard let child = self.children.first(where: { $0.name == name }), let pid = processes[name] else { return }
            _ = Glibc.kill(pid, child.stopSignal)
        case .kill(let name):
            guard let pid = processes[name] else { return }
            _ = Glibc.kill(-pid, SIGKILL)
        case .announce: announce()
        case .finish: break
        }
    }

    private func attend(_ child: ChildProcess, feed: AsyncStream<Event>.Continuation) async {
        let (launches, launch) = AsyncStream.makeStream(of: CInt.self)
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                // Not before it runs: an earlier answer was not this child's.
                for await pid in launches {
                    feed.yield(.launched(child.name, pid))
                    let isReady = await child.probe.succeeds(within: self.readyDeadline)
                    // It ended meanwhile, which says more.
                    if Task.isCancelled { return }
                    feed.yield(isReady ? .ready(child.name) : .missedDeadline(child.name))
                }
            }
            let how = await child.run(setpriv: self.setpriv) { launch.yield($0) }
            launch.finish()
            group.cancelAll()
            await group.waitForAll()
            feed.yield(.exited(child.name, how: how))
        }
    }

    private func conclude(_ ending: SupervisorMachine.Ending, _ how: [String: String]) throws(DevError) {
        switch ending {
        case .stopped: return
        case .killed: throw .killed
        case .ended(let name):
            guard let child = self.children.first(where: { $0.name == name }) else { return }
            throw .childEnded(
                name: name,
                how: how[name] ?? "for an unknown reason",
                log: child.logPath,
                lastLines: child.lastLines
            )
        case .neverReady(let name):
            guard let child = self.children.first(where: { $0.name == name }) else { return }
            throw .childNeverReady(name: name, log: child.logPath, lastLines: child.lastLines)
        }
    }
}
