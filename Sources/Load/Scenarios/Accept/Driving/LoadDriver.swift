import DequeModule
package import NIOCore
import NIOHTTP1
import NIOPosix

/// Drives all connections of one event loop, and never leaves that loop.
///
/// Nothing here waits or allocates per request beyond what NIO does: a finished answer hands its connection the next
/// request that is due, in the same turn of the loop.
package final class LoadDriver {
    private struct Slot {
        let target: LoadTarget
        var handler: LaneChannelHandler?
        var failures = 0
    }

    private let loop: any EventLoop
    private var plan: LoadPlan
    private let counters: LoadCounters
    private let result: EventLoopPromise<AcceptTally>
    private var slots: [Slot]
    private var idle: Deque<Int> = []
    private var tally = AcceptTally()
    /// Requests taken from the schedule and not over: in flight, or waiting to be repeated.
    private var taken = 0
    private var sleeping: [Int: PendingRequest] = [:]
    private var sleeps = 0
    /// Connections on their way.
    private var connecting = 0
    private var isWaking = false
    private var isOver = false

    /// Must be made and started on `loop`; `result` gets the tally when all requests are over or the time is.
    package init(
        loop: any EventLoop,
        plan: LoadPlan,
        counters: LoadCounters,
        result: EventLoopPromise<AcceptTally>
    ) {
        loop.preconditionInEventLoop()
        self.loop = loop
        self.plan = plan
        self.counters = counters
        self.result = result
        self.slots = plan.targets.map { Slot(target: $0) }
    }

    package func start() {
        for slot in self.slots.indices { self.connect(slot) }
        self.tick()
    }

    package func opened(_ slot: Int, handler: LaneChannelHandler) {
        guard !self.isOver else { return handler.close(because: .stopped) }
        self.tally.connects += 1
        self.slots[slot].handler = handler
        self.idled(slot)
    }

    package func idled(_ slot: Int) {
        self.idle.append(slot)
        self.dispatch()
    }

    package func closed(_ slot: Int) {
        self.slots[slot].handler = nil
        self.idle.removeAll { $0 == slot }
        self.reconnect(slot)
    }

    /// Takes the end of an attempt: repeats the request, or counts it as over.
    package func ended(_ ending: LoadConnectionMachine.Ending, on slot: Int) {
        guard !self.isOver else { return }
        let now = MonotonicClock.now
        let clock = self.plan.clock
        let request = ending.request
        self.tally.record(
            ending.outcome,
            id: request.id,
            from: clock.wall(at: ending.sentAt),
            to: clock.wall(at: now)
        )
        guard case .unknown = ending.outcome else {
            self.slots[slot].failures = 0
            return self.finish(request, ending.outcome, at: now)
        }
        if self.plan.isRetrying { return self.sleep(request) }
        self.finish(request, ending.outcome, at: now)
    }

    private func finish(_ request: PendingRequest, _ outcome: IDOutcome, at now: Int64) {
        self.taken -= 1
        self.tally.finish(outcome, nanoseconds: now - request.dueAt)
        self.counters.countEnd(outcome)
        if self.taken == 0 && self.plan.schedule.untaken == 0 { self.complete() }
    }

    private func dispatch() {
        while !self.isOver, let slot = self.idle.first {
            let now = MonotonicClock.now
            guard let handler = self.slots[slot].handler else {
                self.idle.removeFirst()
                continue
            }
            guard let request = self.plan.schedule.next(at: now) else { return self.wakeWhenDue(now) }
            self.idle.removeFirst()
            if request.attempts == 0 { self.taken += 1 }
            handler.send(request, at: now)
        }
    }

    /// At a pace of more than 10 000/s several requests share a timer, so that timers are not what limits the load.
    private func wakeWhenDue(_ now: Int64) {
        guard let dueAt = self.plan.schedule.nextDueAt, !self.isWaking else { return }
        self.isWaking = true
        let deadline = NIODeadline.uptimeNanoseconds(UInt64(max(dueAt, now + 100_000)))
        self.loop.assumeIsolated().scheduleTask(deadline: deadline) {
            self.isWaking = false
            self.dispatch()
        }
    }

    private func sleep(_ request: PendingRequest) {
        var request = request
        let wait = self.wait(after: request.attempts)
        request.attempts += 1
        self.tally.repeated += 1
        self.counters.countRepeat()
        self.sleeps += 1
        let key = self.sleeps
        self.sleeping[key] = request
        self.loop.assumeIsolated().scheduleTask(in: .nanoseconds(wait)) {
            guard let request = self.sleeping.removeValue(forKey: key) else { return }
            self.plan.schedule.repeat(request)
            self.dispatch()
        }
    }

    private func connect(_ slot: Int) {
        let target = self.slots[slot].target
        let bound = NIOLoopBound(self, eventLoop: self.loop)
        self.connecting += 1
        ClientBootstrap(group: self.loop)
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .connectTimeout(.seconds(2))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = LaneChannelHandler(slot: slot, target: target, driver: bound.value)
                    try target.prepare(channel, [handler])
                }
            }
            .connect(host: target.host, port: target.port)
            .assumeIsolated()
            .whenComplete { result in
                self.connecting -= 1
                if self.isOver { return self.leave() }
                if case .failure = result { self.connectFailed(slot) }
            }
    }

    private func connectFailed(_ slot: Int) {
        self.tally.connectFailures += 1
        self.reconnect(slot)
    }

    /// At once after a good answer, else later each time.
    private func reconnect(_ slot: Int) {
        guard !self.isOver else { return }
        self.slots[slot].failures += 1
        guard self.slots[slot].failures > 1 else { return self.connect(slot) }
        let wait = self.wait(after: self.slots[slot].failures - 2)
        self.loop.assumeIsolated().scheduleTask(in: .nanoseconds(wait)) {
            if !self.isOver { self.connect(slot) }
        }
    }

    private func wait(after failures: Int) -> Int64 {
        let longest = self.plan.backOff.upperBound
        return min(self.plan.backOff.lowerBound << Int64(min(failures, 20)), longest)
    }

    /// Every 20 ms: gives up answers that are overdue, and the load when its time is over.
    private func tick() {
        guard !self.isOver else { return }
        let now = MonotonicClock.now
        if now >= self.plan.endsAt || self.counters.isStopped { return self.stop(at: now) }
        let oldest = now - self.plan.requestTimeout
        for slot in self.slots { slot.handler?.closeIfWaiting(sinceBefore: oldest) }
        self.loop.assumeIsolated().scheduleTask(in: .milliseconds(20)) { self.tick() }
    }

    private func stop(at now: Int64) {
        // Repeats that sleep were sent once, and what became of that is already remembered.
        for request in self.sleeping.values { self.finish(request, .unknown(.stopped), at: now) }
        self.sleeping = [:]
        while let request = self.plan.schedule.nextRepeat() { self.finish(request, .unknown(.stopped), at: now) }
        self.plan.isRetrying = false
        for slot in self.slots { slot.handler?.close(because: .stopped) }
        self.complete()
    }

    private func complete() {
        guard !self.isOver else { return }
        self.isOver = true
        self.tally.unsent = self.plan.schedule.untaken
        for slot in self.slots { slot.handler?.close(because: .stopped) }
        self.leave()
    }

    /// The loop may be shut down after this, so connections must not be on their way.
    private func leave() {
        if self.connecting == 0 { self.result.succeed(self.tally) }
    }
}
