import DequeModule
package import NIOCore
import NIOPosix

/// Drives all connections of one event loop, and never leaves that loop.
package final class ChangeDriver {
    private struct Slot {
        let target: Int
        var handler: ExchangeChannelHandler?
        var attempt: ChangeAttempt?
        var failures = 0
    }

    /// Bytes of an answer's body: 64 KiB.
    private static let bodyLimit = 65536
    /// Nanoseconds behind the pace at which more connections are opened, and how many at a time.
    private static let patience: Int64 = 5_000_000
    private static let growth = 16

    private let loop: any EventLoop
    private let plan: ChangeDriverPlan
    private let counters: ChangeCounters
    private let result: EventLoopPromise<ChangeTally>
    private var schedule: ChangeSchedule
    private var random: SeededRandom
    private var slots: [Slot]
    private var idle: Deque<Int> = []
    /// Changes taken from the schedule and not over.
    private var changes: [Int: ChangeMachine] = [:]
    private var tally = ChangeTally()
    /// Connections on their way.
    private var connecting = 0
    private var isWaking = false
    /// The time until which nothing is sent unless all connections are open; nil once sending began.
    private var heldUntil: Int64?
    private var isOver = false

    /// Must be made and started on `loop`; `result` gets the tally when all changes are over or the time is.
    package init(
        loop: any EventLoop,
        plan: ChangeDriverPlan,
        counters: ChangeCounters,
        result: EventLoopPromise<ChangeTally>
    ) {
        loop.preconditionInEventLoop()
        self.loop = loop
        self.plan = plan
        self.counters = counters
        self.result = result
        self.schedule = plan.schedule
        self.random = plan.random
        self.slots = plan.connections.map { Slot(target: $0) }
        self.heldUntil = plan.connectWait.map { MonotonicClock.now + $0 }
    }

    package func start() {
        for slot in self.slots.indices { self.connect(slot) }
        self.tick()
        // A share of nothing is over at once.
        self.completeIfDone()
    }

    private func happened(_ event: ExchangeChannelHandler.Event, on slot: Int) {
        switch event {
        case .opened(let handler): self.opened(slot, handler)
        case .ended(let ending): self.ended(ending, on: slot)
        case .closed: self.closed(slot)
        }
    }

    private func opened(_ slot: Int, _ handler: ExchangeChannelHandler) {
        guard !self.isOver else { return handler.close(because: .stopped) }
        self.tally.connects += 1
        self.schedule.opened(self.slots[slot].target)
        self.slots[slot].handler = handler
        self.idle.append(slot)
        if self.slots.allSatisfy({ $0.handler != nil }) { self.heldUntil = nil }
        self.dispatch()
    }

    private func closed(_ slot: Int) {
        guard self.slots[slot].handler != nil else { return }
        self.slots[slot].handler = nil
        self.schedule.closed(self.slots[slot].target)
        self.idle.removeAll { $0 == slot }
        self.reconnect(slot)
        self.dispatch()
    }

    private func ended(_ ending: ExchangeEnding, on slot: Int) {
        guard !self.isOver, let attempt = self.slots[slot].attempt else { return }
        self.slots[slot].attempt = nil
        if self.slots[slot].handler?.isIdle == true { self.idle.append(slot) }
        var outcome: ChangeOutcome
        switch ending {
        case .broken(let reason): outcome = self.plan.changes.outcome(reason, of: attempt.number)
        case .answered(let answer):
            self.slots[slot].failures = 0
            outcome = self.plan.changes.outcome(answer, of: attempt.number)
        }
        outcome = self.plan.limited(outcome, attempt)
        self.tally.record(ending, outcome)
        let now = MonotonicClock.now
        if case .accepted = outcome { self.tally.recordLatency(now - attempt.dueAt, isRepeat: attempt.isRepeat) }
        self.plan.watcher?.ended(attempt.number, ending, outcome, at: now)
        switch self.changes[attempt.number]?.ended(outcome) {
        case .sendAgain?: self.sendLater(attempt)
        case .sendRepeat?: self.sendRepeat(of: attempt, at: now)
        case .finish?: self.finish(attempt.number)
        case .wait?, nil: break
        }
        self.dispatch()
    }

    private func finish(_ number: Int) {
        guard let change = self.changes.removeValue(forKey: number) else { return }
        self.tally.finish(change, of: self.plan.changes, isOver: true)
        self.counters.countEnd(hasFailed: change.failure != nil || change.mismatch != nil)
        self.completeIfDone()
    }

    private func dispatch() {
        guard self.heldUntil == nil else { return }
        if self.counters.isEnding { self.schedule.end() }
        var turns = self.idle.count
        while !self.isOver, turns > 0, let slot = self.idle.popFirst() {
            turns -= 1
            guard let handler = self.slots[slot].handler else { continue }
            let now = MonotonicClock.now
            guard let attempt = self.schedule.next(at: now, target: self.slots[slot].target) else {
                self.idle.append(slot)
                if self.schedule.hasReady { continue }
                break
            }
            self.slots[slot].attempt = attempt
            self.begin(attempt, on: self.slots[slot].target, at: now)
            handler.send(self.plan.changes.request(attempt.number), at: now)
            // The attempt that was begun may have left a repeat for a connection that had its turn already.
            turns = self.idle.count
        }
        self.wakeWhenDue()
    }

    private func begin(_ attempt: ChangeAttempt, on target: Int, at now: Int64) {
        guard self.changes[attempt.number] == nil else { return }
        self.tally.recordLag(now - attempt.dueAt)
        self.plan.watcher?.sent(attempt.number, at: now)
        let `repeat` = self.plan.changes.repeat(attempt.number)
        self.changes[attempt.number] = ChangeMachine(number: attempt.number, repeat: `repeat`)
        if `repeat` == .atOnce { self.sendRepeat(of: attempt, at: now) }
    }

    private func sendRepeat(of attempt: ChangeAttempt, at now: Int64) {
        self.tally.repeats += 1
        self.schedule.send(
            ChangeAttempt(
                number: attempt.number,
                isRepeat: true,
                dueAt: now,
                target: self.schedule.target(after: attempt.target)
            )
        )
    }

    private func sendLater(_ attempt: ChangeAttempt) {
        var attempt = attempt
        let wait = self.wait(after: attempt.attempts)
        attempt.attempts += 1
        attempt.target = self.schedule.target(after: attempt.target)
        self.counters.countRetry()
        let next = attempt
        self.loop.assumeIsolated().scheduleTask(in: .nanoseconds(wait)) {
            guard !self.isOver else { return }
            self.schedule.send(next)
            self.dispatch()
        }
    }

    /// At a pace of more than 10 000/s several changes share a timer, so that timers are not what limits the load.
    private func wakeWhenDue() {
        guard !self.isOver, !self.isWaking, !self.idle.isEmpty, let dueAt = self.schedule.nextDueAt else { return }
        self.isWaking = true
        let deadline = NIODeadline.uptimeNanoseconds(UInt64(max(dueAt, MonotonicClock.now + 100_000)))
        self.loop.assumeIsolated().scheduleTask(deadline: deadline) {
            self.isWaking = false
            self.dispatch()
        }
    }

    private func connect(_ slot: Int) {
        let target = self.plan.targets[self.slots[slot].target]
        self.connecting += 1
        ExchangeChannelHandler.connect(target, on: self.loop, bodyLimit: Self.bodyLimit) { event in
            self.happened(event, on: slot)
        }
        .assumeIsolated()
        .whenComplete { result in
            self.connecting -= 1
            if self.isOver { return self.leave() }
            guard case .failure = result else { return }
            self.tally.connectFailures += 1
            self.reconnect(slot)
        }
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

    /// Doubled each time, and shortened by up to half so that not all come back at once.
    private func wait(after failures: Int) -> Int64 {
        let backOff = self.plan.backOff
        let wait = min(backOff.lowerBound << Int64(min(failures, 20)), backOff.upperBound)
        return Int64.random(in: wait / 2...wait, using: &self.random)
    }

    /// Every 20 ms: gives up answers that are overdue, and the load when its time is over.
    private func tick() {
        guard !self.isOver else { return }
        let now = MonotonicClock.now
        if now >= self.plan.endsAt || self.counters.isStopped { return self.complete() }
        if now >= self.plan.beginsUntil || self.counters.isEnding {
            self.schedule.end()
            self.completeIfDone()
            guard !self.isOver else { return }
        }
        let oldest = now - self.plan.requestTimeout
        for slot in self.slots { slot.handler?.closeIfWaiting(sinceBefore: oldest) }
        if let limit = self.heldUntil, now >= limit {
            self.heldUntil = nil
            self.dispatch()
        }
        self.growIfBehind(at: now)
        self.loop.assumeIsolated().scheduleTask(in: .milliseconds(20)) { self.tick() }
    }

    /// Slow answers must not slow the pace, so it is kept with more connections as long as there may be more.
    private func growIfBehind(at now: Int64) {
        guard self.idle.isEmpty, let dueAt = self.schedule.nextDueAt, dueAt < now - Self.patience,
            // While connections are still being made, or cannot be, more would not help.
            self.slots.allSatisfy({ $0.handler != nil })
        else { return }
        let first = self.slots.count
        for slot in first..<max(min(first + Self.growth, self.plan.connectionLimit), first) {
            self.slots.append(Slot(target: slot % self.plan.targets.count))
            self.connect(slot)
        }
    }

    private func completeIfDone() {
        if self.changes.isEmpty && self.schedule.untaken == 0 { self.complete() }
    }

    private func complete() {
        guard !self.isOver else { return }
        self.isOver = true
        self.tally.unsent = self.schedule.untaken
        for change in self.changes.values.sorted(by: { $0.number < $1.number }) {
            self.tally.finish(change, of: self.plan.changes, isOver: false)
        }
        for slot in self.slots { slot.handler?.close(because: .stopped) }
        self.leave()
    }

    /// The loop may be shut down after this, so connections must not be on their way.
    private func leave() {
        if self.connecting == 0 { self.result.succeed(self.tally) }
    }
}
