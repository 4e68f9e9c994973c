import Payments

/// The scripts of payments that are split, and what a worker does with a step of ``SplitMachine``.
extension ModelStore {
    // MARK: payments_hold.lua

    mutating func hold(_ payment: Int, tokenFrom: Int64, tokenTo: Int64) -> String {
        if let absence = self.payments[payment].absence { return absence }
        guard self.holds(self.payments[payment].from, payment, tokenFrom) else { return "fenced" }
        self.payments[payment].isOpen = true
        self.handOn(payment, tokenFrom: tokenFrom, tokenTo: tokenTo)
        return "locked"
    }

    // MARK: payments_debit.lua

    mutating func debit(_ payment: Int) -> String {
        let record = self.payments[payment]
        if self.guards.hasState {
            if record.state == .debited { return "debited" }
            if record.absence != nil || record.state == .pending { return record.absence ?? "pending" }
        }
        if !self.holds(record.from, payment, record.tokenFrom) { return "fenced" }
        if self.debitRefusal(payment) != nil {
            self.end(payment, .failed, looksAgain: true)
            self.leavePlace(record.from, payment)
            return "failed"
        }
        self.moveDebit(payment, crosses: true)
        self.payments[payment].state = .debited
        self.payments[payment].isInFlight = true
        self.payments[payment].isOpen = true
        return "debited"
    }

    // MARK: payments_credit.lua

    mutating func credit(_ payment: Int, token: Int64) -> String {
        let record = self.payments[payment]
        if self.guards.hasState {
            if record.mark == .credited { return "credited" }
            if record.mark == .refused { return "refused" }
        }
        if !self.holds(record.to, payment, token) { return "fenced" }
        if self.creditRefusal(payment) != nil {
            self.payments[payment].mark = .refused
            return "refused"
        }
        self.payments[payment].mark = .credited
        self.moveCredit(payment, token: token, crosses: true)
        return "credited"
    }

    // MARK: payments_final.lua

    mutating func final(_ payment: Int, reason: String) -> String {
        let record = self.payments[payment]
        if self.guards.hasState {
            if let absence = record.absence { return absence }
            if record.state != .debited { return "inconsistent" }
        }
        if !reason.isEmpty {
            if !self.holds(record.from, payment, record.tokenFrom) { return "fenced" }
            self.payments[payment].returns += 1
            self.move(record.from, record.amount, token: self.accounts[record.from].token + 1, crosses: true)
        }
        self.payments[payment].isInFlight = false
        self.end(payment, reason.isEmpty ? .done : .returned, looksAgain: true)
        self.leavePlace(record.from, payment)
        return reason.isEmpty ? "done" : "returned"
    }

    // MARK: payments_leave.lua

    mutating func leave(_ payment: Int) -> String {
        guard self.payments[payment].absence != nil else { return "open" }
        self.leavePlace(self.payments[payment].from, payment)
        self.payments[payment].isOpen = false
        return "closed"
    }

    // MARK: payments_requeue.lua

    mutating func requeue(_ payment: Int) -> String {
        if let absence = self.payments[payment].absence { return absence }
        if self.isRequeued(payment) { return "queued" }
        self.payments[payment].message = self.add(.locker, shard: self.home(payment), payment)
        self.payments[payment].isOpen = true
        return "requeued"
    }

    // MARK: The edge

    func record(_ payment: Int) -> SplitMachine.Record {
        let record = self.payments[payment]
        if record.absence != nil { return .over }
        return record.state == .pending ? .pending : .moving(tokenTo: record.tokenTo)
    }

    /// Carries a step out; `order` is what the record said when it was read first.
    mutating func carryOut(
        _ step: SplitMachine.Step,
        _ payment: Int,
        order: Int64,
        message: Int?
    ) -> SplitMachine.Answer {
        let (from, to) = (self.payments[payment].from, self.payments[payment].to)
        let isBack = self.guards.hasTurns && self.payments[payment].state != .pending
        switch step {
        case .read: return .record(self.record(payment))
        case .readLocks:
            let record = self.payments[payment]
            let held = [record.tokenFrom, record.tokenTo].map { $0.map { Lock(owner: payment, token: $0) } }
            return .locks(areHeld: held == [self.accounts[from].lock, self.accounts[to].lock] && !held.contains(nil))
        case .joinFrom: return self.take(from, payment, order, joinsOnly: true, isBack: isBack)
        case .joinTo: return self.take(to, payment, order, joinsOnly: true, isBack: isBack)
        case .takeFrom: return self.take(from, payment, order, joinsOnly: false, isBack: isBack)
        case .takeTo: return self.take(to, payment, order, joinsOnly: false, isBack: isBack)
        case .releaseFrom: self.release(from, payment, stays: true)
        case .releaseTo: self.release(to, payment, stays: false)
        case .hold(let tokenFrom, let tokenTo):
            return .said(self.hold(payment, tokenFrom: tokenFrom, tokenTo: tokenTo))
        case .debit: return .said(self.debit(payment))
        case .credit(let token):
            let word = self.credit(payment, token: token)
            return .said(word, reason: word == "refused" ? "balance-overflow" : "")
        case .final(let reason): return .said(self.final(payment, reason: reason))
        case .leaveFrom: return .said(self.leave(payment))
        case .requeue: return .said(self.requeue(payment))
        case .acknowledge: self.done(message)
        }
        return .went
    }
}
