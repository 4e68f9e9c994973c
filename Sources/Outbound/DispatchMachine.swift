/// The order in which requests run, as plain values: no thread, no socket, no clock.
///
///     submitted ──▶ waiting ──turn──▶ running ──finished──▶ (gone)
///                     │                  └──cancelled, stopped──▶ abandoned ──finished──▶ (gone)
///                     └──cancelled, expired, stopped──▶ (gone)
///
/// Each host and port has a lane of its own and lanes take turns, so a slow one holds up nobody but itself. A quarter
/// of all places, waiting and running, is for trusted requests only. `Ticket` is what the caller wants back: a
/// continuation in production, a number in tests. Every ticket comes back exactly once: by `turn`, by `cancelled`, or
/// it stays with whoever runs the request.
package struct DispatchMachine<Ticket> {
    package typealias ID = UInt64
    package typealias Instant = ContinuousClock.Instant

    package struct Limits: Hashable, Sendable {
        package var concurrent: Int
        package var waiting: Int
        package var waitingPerHost: Int
        package var concurrentPerHost: Int

        package init(concurrent: Int, waiting: Int, waitingPerHost: Int, concurrentPerHost: Int) {
            self.concurrent = concurrent
            self.waiting = waiting
            self.waitingPerHost = waitingPerHost
            self.concurrentPerHost = concurrentPerHost
        }
    }

    package struct Lane: Hashable, Sendable {
        package var host: String
        package var port: Int
        package var isTrusted: Bool

        package init(host: String, port: Int, isTrusted: Bool) {
            self.host = host
            self.port = port
            self.isTrusted = isTrusted
        }
    }

    private enum Phase: Hashable {
        case open
        case draining(until: Instant)
        case stopped
    }

    private struct Waiting {
        var lane: Lane
        var deadline: Instant
        var ticket: Ticket
    }

    private struct Queue {
        /// Oldest first; ids that are not waiting any more are skipped when they come up.
        var ids: [ID] = []
        var head = 0
        var waiting = 0
        var running = 0
        /// Whether the lane stands in line for its turn.
        var isQueued = false
    }

    private let limits: Limits
    private var phase = Phase.open
    private var queues: [Lane: Queue] = [:]
    private var line: (trusted: [Lane], others: [Lane]) = ([], [])
    private var waiting: [ID: Waiting] = [:]
    private var waitingUntrusted = 0
    private var running: [ID: Lane] = [:]
    private var runningUntrusted = 0
    private var abandoned: [ID] = []
    /// No request that waits has an earlier deadline.
    private var nextDeadline: Instant?

    package init(limits: Limits) {
        precondition(limits.concurrent > 0 && limits.concurrentPerHost > 0)
        precondition(limits.waiting >= 0 && limits.waitingPerHost >= 0)
        self.limits = limits
    }

    package var waitingCount: Int { self.waiting.count }
    package var runningCount: Int { self.running.count }

    package enum SubmitAction: Hashable, Sendable {
        case wake
        case reject(OutboundError)
    }

    package mutating func submitted(_ id: ID, lane: Lane, deadline: Instant, ticket: Ticket) -> SubmitAction {
        guard case .open = self.phase else { return .reject(.notSent(.shuttingDown)) }
        var queue = self.queues[lane] ?? Queue()
        // A request that can start at once does not wait, so a limit of zero still lets requests through.
        let canStart = queue.waiting + queue.running < self.limits.concurrentPerHost && self.hasPlace(for: lane)
        let isFull =
            self.waiting.count >= self.limits.waiting || queue.waiting >= self.limits.waitingPerHost
            || !lane.isTrusted && self.waitingUntrusted >= Self.share(self.limits.waiting)
        guard canStart || !isFull else { return .reject(.notSent(.overloaded)) }
        queue.ids.append(id)
        queue.waiting += 1
        self.queues[lane] = queue
        self.waiting[id] = Waiting(lane: lane, deadline: deadline, ticket: ticket)
        if !lane.isTrusted { self.waitingUntrusted += 1 }
        self.nextDeadline = self.nextDeadline.map { min($0, deadline) } ?? deadline
        self.enqueue(lane)
        return .wake
    }

    package enum CancelAction {
        /// It was waiting: this is its ticket.
        case fail(Ticket)
        /// It runs: a turn is due to end it.
        case wake
        case nothing
    }

    package mutating func cancelled(_ id: ID) -> CancelAction {
        if let waiting = self.remove(id) { return .fail(waiting.ticket) }
        guard self.running[id] != nil else { return .nothing }
        self.abandoned.append(id)
        return .wake
    }

    package mutating func finished(_ id: ID) {
        guard let lane = self.running.removeValue(forKey: id) else { return }
        if !lane.isTrusted { self.runningUntrusted -= 1 }
        self.queues[lane]?.running -= 1
        self.enqueue(lane)
        self.dropIfIdle(lane)
    }

    /// Takes no more requests; the present ones have until `deadline`.
    package mutating func drain(until deadline: Instant) {
        if case .open = self.phase { self.phase = .draining(until: deadline) }
    }

    /// Takes no more requests, and the next turn ends those that are here.
    package mutating func stop() {
        self.phase = .stopped
    }

    package struct Turn {
        package var starting: [(id: ID, deadline: Instant, ticket: Ticket)] = []
        /// They ran out of time while they waited.
        package var expired: [Ticket] = []
        /// They waited when everything stopped.
        package var dropped: [Ticket] = []
        /// They run and nobody waits for them: end them and report each as finished.
        package var abandoned: [ID] = []
        /// Everything that runs is to end, and each to be reported as finished.
        package var isStopping = false
        /// Nothing runs, nothing waits and nothing can come.
        package var isLast = false
        /// When a turn is due though nothing happens.
        package var next: Instant?
    }

    /// The actions that are due now.
    package mutating func turn(at now: Instant) -> Turn {
        var turn = Turn()
        turn.abandoned = self.abandoned.filter { self.running[$0] != nil }
        self.abandoned = []
        if case .draining(let deadline) = self.phase {
            if now >= deadline || self.waiting.isEmpty && self.running.isEmpty { self.phase = .stopped }
            turn.next = deadline
        }
        if case .stopped = self.phase {
            turn.dropped = self.waiting.values.map(\.ticket)
            self.waiting = [:]
            turn.isStopping = true
            turn.isLast = self.running.isEmpty
            return turn
        }
        if let due = self.nextDeadline, now >= due {
            let late = self.waiting.filter { $0.value.deadline <= now }.keys
            turn.expired = late.compactMap { self.remove($0)?.ticket }
            self.nextDeadline = self.waiting.values.map(\.deadline).min()
        }
        while let (id, waiting) = self.startNext() {
            turn.starting.append((id, waiting.deadline, waiting.ticket))
        }
        if let due = self.nextDeadline { turn.next = turn.next.map { min($0, due) } ?? due }
        return turn
    }

    private mutating func startNext() -> (ID, Waiting)? {
        while self.running.count < self.limits.concurrent {
            let lane: Lane
            if !self.line.trusted.isEmpty {
                lane = self.line.trusted.removeFirst()
            } else if !self.line.others.isEmpty, self.runningUntrusted < Self.share(self.limits.concurrent) {
                lane = self.line.others.removeFirst()
            } else {
                return nil
            }
            self.queues[lane]?.isQueued = false
            guard let id = self.popFirst(of: lane), let waiting = self.remove(id) else { continue }
            self.running[id] = lane
            if !lane.isTrusted { self.runningUntrusted += 1 }
            self.queues[lane, default: Queue()].running += 1
            self.enqueue(lane)
            return (id, waiting)
        }
        return nil
    }

    private mutating func popFirst(of lane: Lane) -> ID? {
        while let queue = self.queues[lane], queue.head < queue.ids.count {
            let id = queue.ids[queue.head]
            self.queues[lane]?.head += 1
            // Moving what is left for every id would make a long lane slow.
            if queue.head >= 64, queue.head * 2 >= queue.ids.count {
                self.queues[lane]?.ids.removeFirst(queue.head + 1)
                self.queues[lane]?.head = 0
            }
            if self.waiting[id] != nil { return id }
        }
        return nil
    }

    private mutating func remove(_ id: ID) -> Waiting? {
        guard let waiting = self.waiting.removeValue(forKey: id) else { return nil }
        if !waiting.lane.isTrusted { self.waitingUntrusted -= 1 }
        self.queues[waiting.lane]?.waiting -= 1
        self.dropIfIdle(waiting.lane)
        return waiting
    }

    private mutating func enqueue(_ lane: Lane) {
        guard let queue = self.queues[lane], !queue.isQueued, queue.waiting > 0,
            queue.running < self.limits.concurrentPerHost
        else { return }
        self.queues[lane]?.isQueued = true
        if lane.isTrusted { self.line.trusted.append(lane) } else { self.line.others.append(lane) }
    }

    private mutating func dropIfIdle(_ lane: Lane) {
        guard let queue = self.queues[lane], queue.waiting == 0, queue.running == 0, !queue.isQueued else { return }
        self.queues[lane] = nil
    }

    private func hasPlace(for lane: Lane) -> Bool {
        self.running.count + self.waiting.count < self.limits.concurrent
            && (lane.isTrusted
                || self.runningUntrusted + self.waitingUntrusted < Self.share(self.limits.concurrent))
    }

    /// The part of a limit that is left when a quarter of it is kept for trusted requests.
    private static func share(_ limit: Int) -> Int {
        limit - limit / 4
    }
}
