import Payments

/// The scripts about the life of a payment, and the one that carries out a whole one.
extension ModelStore {
    // MARK: payment.lua, payment_end.lua, payment_money.lua, payment_turn.lua

    /// `payment_over`: what a worker does with the message of a payment that has ended, or is a dead letter.
    mutating func over(_ payment: Int, _ absence: String, message: Int?) -> String {
        let record = self.payments[payment]
        self.done(message)
        // As it was: every wake-up was a reason to leave.
        if self.guards.hasTurns || message != record.message {
            self.leavePlace(record.from, payment)
            self.leavePlace(record.to, payment)
        }
        return absence
    }

    mutating func end(_ payment: Int, _ state: State, looksAgain: Bool) {
        self.payments[payment].state = state
        self.payments[payment].isOpen = looksAgain
        if self.payments[payment].isDead { self.payments[payment].isListedDead = false }
    }

    /// The writes of `payments_hold`.
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

    mutating func moveDebit(_ payment: Int, token: Int64? = nil, crosses: Bool) {
        let record = self.payments[payment]
        if record.order < self.accounts[record.from].debitOrder { self.broken = "debits of a payer are out of order" }
        self.accounts[record.from].debitOrder = record.order
        self.payments[payment].debits += 1
        self.move(record.from, -record.amount, token: token ?? record.tokenFrom, crosses: crosses)
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
        guard isAlone else { return }
        let message = self.add(.locker, shard: self.accounts[from].shard, payment)
        self.accounts[from].woken = Wake(message: message, payment: payment)
        if !self.guards.hasTurns { self.payments[payment].message = message }
    }

    /// As the mode that the version before had left a payment between its two scripts: both locks, places in both
    /// queues, and a message for appliers.
    mutating func leaveLocked(_ payment: Int) {
        let record = self.payments[payment]
        self.messages.removeAll { $0.payment == payment }
        self.join(record.to, payment, record.order)
        let tokenFrom = self.seize(record.from, payment)
        let tokenTo = self.seize(record.to, payment)
        self.handOn(payment, tokenFrom: tokenFrom, tokenTo: tokenTo)
    }

    // MARK: payments_once.lua

    mutating func once(_ payment: Int, message: Int?) -> String {
        let record = self.payments[payment]
        let (from, to) = (record.from, record.to)
        if let absence = record.absence { return self.over(payment, absence, message: message) }
        let holders = [from, to].map { self.accounts[$0].lock?.owner }
        let isReady = self.isReady(from, payment)
        if record.state != .pending || holders[0] == payment || isReady && holders[1] == payment { return "other" }
        self.done(message)
        let isPlaced = self.isHead(from, payment)
        guard isReady, holders[1] == nil else {
            if !isPlaced { self.join(from, payment, record.order) }
            if isReady { self.join(to, payment, record.order) }
            return "parked"
        }
        let crosses = self.accounts[from].shard != self.accounts[to].shard
        let reason = self.debitRefusal(payment) ?? self.creditRefusal(payment)
        if reason == nil {
            self.moveDebit(payment, token: self.accounts[from].token + 1, crosses: crosses)
            self.moveCredit(payment, token: self.accounts[to].token + 1, crosses: crosses)
        }
        self.end(payment, reason == nil ? .done : .failed, looksAgain: false)
        let hasWaited = self.accounts[to].isInQueue(payment)
        self.accounts[to].waiters.removeAll { $0.payment == payment }
        if isPlaced {
            self.accounts[from].waiters.removeAll { $0.payment == payment }
            self.wake(from)
        }
        if hasWaited { self.wake(to) }
        return reason == nil ? "done" : "failed"
    }

    /// Whether it is the payment's turn with an account, or will be once it stands there.
    private func isReady(_ account: Int, _ payment: Int) -> Bool {
        let account = self.accounts[account]
        if let lock = account.lock { return lock.owner == payment }
        guard let head = account.waiters.first else { return true }
        return head.payment == payment || self.payments[payment].order < head.order
    }

    /// Whether its message lies with the lockers.
    func isRequeued(_ payment: Int) -> Bool {
        let message = self.payments[payment].message
        return self.guards.hasTurns && self.messages.contains { $0.id == message && $0.role == .locker }
    }

    // MARK: payments_look.lua, payments_attempt.lua, payments_cancel.lua, payments_redrive.lua

    /// Whether it stands in its payee's queue, and another is before it or has the lock.
    func isBehind(_ payment: Int) -> Bool {
        let account = self.accounts[self.payments[payment].to]
        guard account.isInQueue(payment) else { return false }
        return account.waiters.first?.payment != payment || account.lock.map { $0.owner != payment } ?? false
    }

    /// The payment that it waits for, if that one has ended or is a dead letter.
    func stray(before payment: Int) -> Int? {
        let accounts = [self.payments[payment].to, self.payments[payment].from].map { self.accounts[$0] }
        return accounts.flatMap { [$0.waiters.first?.payment, $0.lock?.owner] }.compactMap { $0 }
            .first { $0 != payment && self.payments[$0].absence != nil }
    }

    mutating func look(_ payment: Int, isBehind: Bool) -> String {
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
        let isTold = self.guards.hasTurns && record.state == .pending && self.told(record.from)?.payment == payment
        if isTold || self.isThere(record.message) { return "queued" }
        if record.state == .pending, isBehind { return "waits" }
        let message = self.add(.locker, shard: self.home(payment), payment)
        if record.state == .pending, self.guards.hasTurns {
            self.accounts[record.from].woken = Wake(message: message, payment: payment)
        } else {
            self.payments[payment].message = message
        }
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
        self.payments[payment].message = nil
        if self.payments[payment].state != .pending {
            self.payments[payment].message = self.add(.locker, shard: self.home(payment), payment)
        } else if self.isHead(self.payments[payment].from, payment) {
            self.call(self.payments[payment].from, payment)
        }
        self.payments[payment].attempts = 0
        self.payments[payment].order = order
        self.payments[payment].isOpen = true
        return "1"
    }
}
