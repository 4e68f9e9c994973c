import Payments

/// The scripts about the life of a payment, and those that move money within one step.
extension ModelStore {
    // MARK: payment.lua, payment_end.lua, payment_money.lua

    /// `payment_leave`.
    mutating func leavePlace(_ account: Int, _ payment: Int) {
        if self.accounts[account].lock?.owner == payment { self.accounts[account].lock = nil }
        self.accounts[account].waiters.removeAll { $0.payment == payment }
        self.wake(account)
    }

    mutating func end(_ payment: Int, _ state: State, looksAgain: Bool) {
        self.payments[payment].state = state
        self.payments[payment].isOpen = looksAgain
        if self.payments[payment].isDead { self.payments[payment].isListedDead = false }
    }

    /// `payment_locked`.
    mutating func handOn(_ payment: Int, tokenFrom: Int64, tokenTo: Int64) {
        self.payments[payment].message = self.add(.applier, shard: self.home(payment), payment)
        self.payments[payment].tokenFrom = tokenFrom
        self.payments[payment].tokenTo = tokenTo
        if self.payments[payment].state == .pending { self.payments[payment].state = .locked }
    }

    func debitRefusal(_ payment: Int) -> String? {
        let record = self.payments[payment]
        let account = self.accounts[record.from]
        if account.balance < record.amount { return "insufficient-funds" }
        return self.transit[account.shard] + record.amount > Self.limit ? "balance-overflow" : nil
    }

    func creditRefusal(_ payment: Int) -> String? {
        let record = self.payments[payment]
        let account = self.accounts[record.to]
        let isFull =
            account.balance > Self.limit - record.amount || self.transit[account.shard] - record.amount < -Self.limit
        return isFull ? "balance-overflow" : nil
    }

    /// `payment_move`; the amount is added to the balance.
    mutating func move(_ account: Int, _ amount: Int64, token: Int64?, crosses: Bool) {
        let token = token ?? 0
        if token <= self.accounts[account].entryToken { self.broken = "tokens of entries do not grow" }
        self.accounts[account].entryToken = token
        self.accounts[account].token = token
        self.accounts[account].balance += amount
        self.accounts[account].sequence += 1
        if crosses { self.transit[self.accounts[account].shard] -= amount }
    }

    mutating func moveDebit(_ payment: Int, crosses: Bool) {
        let record = self.payments[payment]
        if record.order < self.accounts[record.from].debitOrder { self.broken = "debits of a payer are out of order" }
        self.accounts[record.from].debitOrder = record.order
        self.payments[payment].debits += 1
        self.move(record.from, -record.amount, token: record.tokenFrom, crosses: crosses)
    }

    mutating func moveCredit(_ payment: Int, token: Int64?, crosses: Bool) {
        self.payments[payment].credits += 1
        self.move(self.payments[payment].to, self.payments[payment].amount, token: token, crosses: crosses)
    }

    // MARK: payments_accept.lua

    mutating func accept(from: Int, to: Int, amount: Int64) {
        var record = Record(from: from, to: to, amount: amount)
        let isAlone = self.accounts[from].waiters.isEmpty
        record.order = self.newOrder()
        record.isOpen = true
        self.payments.append(record)
        let payment = self.payments.count - 1
        self.join(from, payment, record.order)
        if isAlone { self.payments[payment].message = self.add(.locker, shard: self.accounts[from].shard, payment) }
    }

    // MARK: payments_lock.lua

    mutating func lock(_ payment: Int, message: Int?) -> String {
        let record = self.payments[payment]
        self.done(message)
        if let absence = record.absence { return absence }
        var sides = [record.from]
        if self.isReady(record.from, payment) { sides.append(record.to) }
        let mine = sides.filter { self.accounts[$0].lock?.owner == payment }
        if record.state != .pending && mine.count == 2 { return "held" }
        let isReady = sides.count == 2 && self.isReady(record.to, payment)
        for side in sides where !mine.contains(side) { self.join(side, payment, record.order) }
        guard isReady else {
            for side in mine {
                self.accounts[side].lock = nil
                self.wake(side)
            }
            return "parked"
        }
        let tokenFrom = self.seize(record.from, payment)
        let tokenTo = self.seize(record.to, payment)
        self.handOn(payment, tokenFrom: tokenFrom, tokenTo: tokenTo)
        return "locked"
    }

    /// Whether it is the payment's turn with an account, or will be once it stands there.
    private func isReady(_ account: Int, _ payment: Int) -> Bool {
        let account = self.accounts[account]
        if let lock = account.lock { return lock.owner == payment }
        guard let head = account.waiters.first else { return true }
        return head.payment == payment || self.payments[payment].order < head.order
    }

    // MARK: payments_apply.lua

    mutating func apply(_ payment: Int, message: Int?) -> String {
        let record = self.payments[payment]
        let crosses = self.accounts[record.from].shard != self.accounts[record.to].shard
        if self.guards.hasState {
            if record.absence != nil || record.state == .pending {
                self.done(message)
                return record.absence ?? "pending"
            } else if record.state == .debited {
                return "debited"
            }
        }
        if !self.holds(record.from, payment, record.tokenFrom) || !self.holds(record.to, payment, record.tokenTo) {
            self.done(message)
            self.payments[payment].message = self.add(.locker, shard: self.home(payment), payment)
            self.payments[payment].isOpen = true
            return "fenced"
        }
        let reason = self.debitRefusal(payment) ?? self.creditRefusal(payment)
        if reason == nil {
            self.moveDebit(payment, crosses: crosses)
            self.moveCredit(payment, token: record.tokenTo, crosses: crosses)
        }
        self.end(payment, reason == nil ? .done : .failed, looksAgain: false)
        self.leavePlace(record.from, payment)
        self.leavePlace(record.to, payment)
        self.done(message)
        return reason == nil ? "done" : "failed"
    }

    // MARK: payments_look.lua, payments_attempt.lua, payments_cancel.lua, payments_redrive.lua

    mutating func look(_ payment: Int) -> String {
        let record = self.payments[payment]
        var head = self.accounts[record.from].waiters.first?.payment
        if let absence = record.absence { return absence }
        self.payments[payment].isOpen = true
        if record.state == .pending && !self.accounts[record.from].isInQueue(payment) {
            let order = self.newOrder()
            self.join(record.from, payment, order)
            self.payments[payment].order = order
            head = head ?? payment
        }
        if record.state == .pending && head != payment { return "waits" }
        if let message = record.message, self.messages.contains(where: { $0.id == message }) { return "queued" }
        self.payments[payment].message = self.add(.locker, shard: self.home(payment), payment)
        return "sent"
    }

    mutating func attempt(_ payment: Int, message: Int?, limit: Int64, isWhole: Bool) -> String {
        let record = self.payments[payment]
        self.done(message)
        if record.absence != nil { return "ended" }
        self.payments[payment].attempts += 1
        if record.attempts + 1 < limit {
            if message != nil {
                self.payments[payment].message = nil
                self.payments[payment].isOpen = true
            }
            return "again"
        }
        self.payments[payment].isDead = true
        self.payments[payment].message = nil
        if record.state == .locked { self.payments[payment].state = .pending }
        self.payments[payment].isOpen = true
        self.payments[payment].isListedDead = true
        self.leavePlace(record.from, payment)
        if isWhole { self.leavePlace(record.to, payment) }
        return "dead"
    }

    mutating func cancel(_ payment: Int, isWhole: Bool) -> String {
        let record = self.payments[payment]
        guard record.state == .pending else { return record.state == .cancelled ? "cancelled" : "refused" }
        self.end(payment, .cancelled, looksAgain: !isWhole)
        self.payments[payment].isDead = false
        self.leavePlace(record.from, payment)
        if isWhole { self.leavePlace(record.to, payment) }
        return "cancelled"
    }

    mutating func redrive(_ payment: Int) -> String {
        self.payments[payment].isListedDead = false
        guard self.payments[payment].isDead else { return "0" }
        let order = self.newOrder()
        self.payments[payment].isDead = false
        self.join(self.payments[payment].from, payment, order, moves: true)
        self.payments[payment].message = self.add(.locker, shard: self.home(payment), payment)
        self.payments[payment].attempts = 0
        self.payments[payment].order = order
        self.payments[payment].isOpen = true
        return "1"
    }
}
