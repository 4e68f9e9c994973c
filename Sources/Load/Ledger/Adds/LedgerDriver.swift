import DequeModule
package import NIOCore
import NIOPosix

/// Drives all connections of one event loop, and never leaves that loop.
package final class LedgerDriver {
    private struct Slot {
        let target: Int
        var handler: ExchangeChannelHandler?
        var attempt: AddAttempt?
        var failures = 0
    }

    /// Bytes of an answer's body: 64 KiB.
    private static let bodyLimit = 65536

    private let loop: any EventLoop
    private let plan: LedgerDriverPlan
    private let counters: LedgerCounters
    private let result: EventLoopPromise<LedgerTally>
    private var schedule: AddSchedule
    private var random: SeededRandom
    private var slots: [Slot]
    private var idle: Deque<Int> = []
    /// Adds taken from the schedule and not over.
    private var adds: [Int: AddMachine] = [:]
    private var tally = LedgerTally()
    private var isWaking = false
    private var isOver = false

    /// Must be made and started on `loop`; `result` gets the tally when all adds are over or the time is.
    package init(
        loop: any EventLoop,
        plan: LedgerDriverPlan,
        counters: LedgerCounters,
        result: EventLoopPromise<LedgerTally>
    ) {
        loop.preconditionInEventLoop()
        self.loop = loop
        self.plan = plan
        self.counters = counters
        self.result = result
        self.schedule = plan.schedule
        self.random = plan.random
        self.slots = plan.connections.map { Slot(target: $0) }
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
        let outcome: AddOutcome
        switch ending {
        case .broken(let reason): outcome = .again(.broken(reason))
        case .answered(let answer):
            self.slots[slot].failures = 0
            outcome = AddOutcome(
                answer,
                user: self.plan.adds.user(self.plan.adds.userIndex(attempt.number)),
                cents: self.plan.adds.cents(attempt.number),
                durability: self.plan.durability
            )
        }
        self.tally.record(ending, outcome)
        if case .accepted = outcome {
            self.tally.recordLatency(MonotonicClock.now - attempt.dueAt, isRepeat: attempt.isRepeat)
        }
        switch self.adds[attempt.number]?.ended(outcome) {
        case .sendAgain?: self.sendLater(attempt)
        case .sendRepeat?: self.sendRepeat(of: attempt, at: MonotonicClock.now)
        case .finish?: self.finish(attempt.number)
        case .wait?, nil: break
        }
        self.dispatch()
    }

    private func finish(_ number: Int) {
        guard let add = self.adds.removeValue(forKey: number) else { return }
        let user = self.plan.adds.user(self.plan.adds.userIndex(number))
        self.tally.finish(add, user: user, isOver: true)
        self.counters.countEnd(hasFailed: add.failure != nil || add.mismatch != nil)
        self.completeIfDone()
    }

    private func dispatch() {
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
            handler.send(self.plan.adds.request(attempt.number), at: now)
            // What was begun may have left a repeat for a connection that had its turn already.
            turns = self.idle.count
        }
        self.wakeWhenDue()
    }

    private func begin(_ attempt: AddAttempt, on target: Int, at now: Int64) {
        guard self.adds[attempt.number] == nil else { return }
        let `repeat` = self.plan.adds.repeat(attempt.number)
        self.adds[attempt.number] = AddMachine(number: attempt.number, repeat: `repeat`)
        if `repeat` == .atOnce { self.sendRepeat(of: attempt, at: now) }
    }

    private func sendRepeat(of attempt: AddAttempt, at now: Int64) {
        self.tally.repeats += 1
        self.schedule.send(
            AddAttempt(
                number: attempt.number,
                isRepeat: true,
                dueAt: now,
                target: self.schedule.target(after: attempt.target)
            )
        )
    }

    private func sendLater(_ attempt: AddAttempt) {
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

    /// At a pace of more than 10 000/s several adds share a timer, so that timers are not what limits the load.
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
        ExchangeChannelHandler.connect(target, on: self.loop, bodyLimit: Self.bodyLimit) { event in
            self.happened(event, on: slot)
        }
        .assumeIsolated()
        .whenFailure { _ in
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
        let oldest = now - self.plan.requestTimeout
        for slot in self.slots { slot.handler?.closeIfWaiting(sinceBefore: oldest) }
        self.loop.assumeIsolated().scheduleTask(in: .milliseconds(20)) { self.tick() }
    }

    private func completeIfDone() {
        if self.adds.isEmpty && self.schedule.untaken == 0 { self.complete() }
    }

    private func complete() {
        guard !self.isOver else { return }
        self.isOver = true
        self.tally.unsent = self.schedule.untaken
        for add in self.adds.values.sorted(by: { $0.number < $1.number }) {
            self.tally.finish(add, user: self.plan.adds.user(self.plan.adds.userIndex(add.number)), isOver: false)
        }
        for slot in self.slots { slot.handler?.close(because: .stopped) }
        self.result.succeed(self.tally)
    }
}
