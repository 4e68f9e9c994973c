import Payments

/// The state in Redis of some payments, and each script as one function on it, written from the Lua line by line.
///
/// Accounts, payments and shards are numbers. Only what decides is kept: no chains, events, lists or times.
struct ModelStore: Hashable, Sendable {
    static let limit: Int64 = 9_007_199_254_740_991

    struct Lock: Hashable, Sendable {
        var owner: Int
        var token: Int64
    }

    struct Place: Hashable, Sendable {
        var order: Int64
        var payment: Int
    }

    struct Account: Hashable, Sendable {
        let shard: Int
        var balance: Int64
        var sequence: Int64 = 0
        var token: Int64 = 0
        var lock: Lock?
        var waiters: [Place] = []
        /// The message that told whoever is first, and whom.
        var woken: Wake?
        /// Of the last entry and of the last debit, for what must only grow.
        var entryToken: Int64 = 0
        var debitOrder: Int64 = 0

        init(shard: Int, balance: Int64) {
            self.shard = shard
            self.balance = balance
        }

        func isInQueue(_ payment: Int) -> Bool { self.waiters.contains { $0.payment == payment } }
    }

    struct Wake: Hashable, Sendable {
        var message: Int
        var payment: Int
    }

    enum State: String, Hashable, Sendable, CaseIterable {
        case pending
        case locked
        case debited
        case done
        case failed
        case cancelled
        case returned

        var isTerminal: Bool { self != .pending && self != .locked && self != .debited }
    }

    enum Mark: Hashable, Sendable {
        case credited
        case refused
    }

    struct Record: Hashable, Sendable {
        let from: Int
        let to: Int
        let amount: Int64
        var state = State.pending
        var order: Int64 = 0
        var attempts: Int64 = 0
        var tokenFrom: Int64?
        var tokenTo: Int64?
        /// The message that was recorded last; `nil` for none.
        var message: Int?
        var isDead = false
        // The members of the shard's sets.
        var isListedDead = false
        var isOpen = false
        var isInFlight = false
        /// The payee's shard's.
        var mark: Mark?
        // The entries.
        var debits = 0
        var credits = 0
        var returns = 0

        init(from: Int, to: Int, amount: Int64) {
            self.from = from
            self.to = to
            self.amount = amount
        }

        /// Why there is nothing to do for it.
        var absence: String? { self.state.isTerminal ? "ended" : self.isDead ? "dead" : nil }
    }

    struct Message: Hashable, Sendable {
        let id: Int
        let role: SplitMachine.Role
        let shard: Int
        let payment: Int
        /// Whether a worker may get it: it is new, or comes again.
        var isDeliverable = true
        /// Whether a worker had it.
        var isRead = false
    }

    /// The guards of the money; the negative controls do without.
    struct Guards: Hashable, Sendable {
        var hasFence = true
        var hasState = true
        /// Whether an account has one wake-up at most, made by who gave up something.
        var hasTurns = true
    }

    var accounts: [Account]
    var payments: [Record]
    var transit: [Int64]
    var messages: [Message] = []
    var nextMessage = 1
    var lastOrder: Int64 = 0
    var guards = Guards()
    /// The order that was broken on the way here, in words.
    var broken: String?

    init(accounts: [Account]) {
        self.accounts = accounts
        self.payments = []
        self.transit = Array(repeating: 0, count: (accounts.map(\.shard).max() ?? 0) + 1)
    }

    // MARK: work_queue.lua

    @discardableResult
    mutating func add(_ role: SplitMachine.Role, shard: Int, _ payment: Int) -> Int {
        self.messages.append(Message(id: self.nextMessage, role: role, shard: shard, payment: payment))
        self.nextMessage += 1
        return self.nextMessage - 1
    }

    mutating func done(_ message: Int?) {
        guard let message else { return }
        self.messages.removeAll { $0.id == message }
    }

    func home(_ payment: Int) -> Int { self.accounts[self.payments[payment].from].shard }

    mutating func newOrder() -> Int64 {
        self.lastOrder += 1
        return self.lastOrder
    }

    // MARK: fenced_lock.lua

    enum Standing: Hashable, Sendable {
        case free
        case mine
        case held
        case queued
    }

    func standing(_ account: Int, _ payment: Int) -> Standing {
        if let lock = self.accounts[account].lock { return lock.owner == payment ? .mine : .held }
        guard let head = self.accounts[account].waiters.first else { return .free }
        return head.payment == payment ? .free : .queued
    }

    func holds(_ account: Int, _ payment: Int, _ token: Int64?) -> Bool {
        guard self.guards.hasFence else { return true }
        guard let token else { return false }
        let account = self.accounts[account]
        return account.lock == Lock(owner: payment, token: token) && account.token == token
    }

    // MARK: lock_turn.lua

    /// `lock_woken`.
    func told(_ account: Int) -> Wake? {
        guard let wake = self.accounts[account].woken else { return nil }
        return self.isThere(wake.message) ? wake : nil
    }

    func isThere(_ message: Int?) -> Bool { self.messages.contains { $0.id == message } }

    /// `lock_call`.
    mutating func call(_ account: Int, _ head: Int?) {
        if self.guards.hasTurns, let known = self.told(account) {
            if known.payment == head { return }
            if self.messages.contains(where: { $0.id == known.message && !$0.isRead }) { self.done(known.message) }
        }
        self.accounts[account].woken = head.map {
            Wake(message: self.add(.locker, shard: self.accounts[account].shard, $0), payment: $0)
        }
    }

    /// `lock_wake`.
    mutating func wake(_ account: Int) { self.call(account, self.accounts[account].waiters.first?.payment) }

    /// `lock_leave`.
    mutating func leavePlace(_ account: Int, _ payment: Int) {
        let isHeld = self.accounts[account].lock != nil
        let isMine = self.accounts[account].lock?.owner == payment
        let hadPlace = self.accounts[account].isInQueue(payment)
        let isFirst = self.isHead(account, payment)
        if isMine { self.accounts[account].lock = nil }
        self.accounts[account].waiters.removeAll { $0.payment == payment }
        if isMine || isFirst || hadPlace && !isHeld || !self.guards.hasTurns { self.wake(account) }
    }

    /// `ZADD`, with `NX` when it does not `moves`.
    mutating func join(_ account: Int, _ payment: Int, _ order: Int64, moves: Bool = false) {
        if self.accounts[account].isInQueue(payment) {
            guard moves else { return }
            self.accounts[account].waiters.removeAll { $0.payment == payment }
        }
        let waiters = self.accounts[account].waiters
        let index = waiters.firstIndex { $0.order > order } ?? waiters.count
        self.accounts[account].waiters.insert(Place(order: order, payment: payment), at: index)
    }

    func isHead(_ account: Int, _ payment: Int) -> Bool { self.accounts[account].waiters.first?.payment == payment }

    mutating func seize(_ account: Int, _ payment: Int) -> Int64 {
        let token = self.accounts[account].token + 1
        self.accounts[account].token = token
        self.accounts[account].lock = Lock(owner: payment, token: token)
        return token
    }

    // MARK: lock_take.lua, lock_release.lua

    mutating func take(
        _ account: Int,
        _ payment: Int,
        _ order: Int64,
        joinsOnly: Bool,
        isBack: Bool = false
    ) -> SplitMachine.Answer {
        let standing = self.standing(account, payment)
        if self.accounts[account].woken?.payment == payment { self.accounts[account].woken = nil }
        self.join(account, payment, order)
        if standing == .mine || (standing == .free && self.isHead(account, payment) && !joinsOnly) {
            return .taken(token: self.seize(account, payment))
        }
        if isBack, standing == .queued { self.wake(account) }
        let index = self.accounts[account].waiters.firstIndex { $0.payment == payment } ?? 0
        return .parked(place: Int64(index + 1), isHeld: self.accounts[account].lock != nil)
    }

    @discardableResult
    mutating func release(_ account: Int, _ payment: Int, stays: Bool) -> Bool {
        let isMine = self.standing(account, payment) == .mine
        if !stays {
            self.leavePlace(account, payment)
        } else if isMine || !self.guards.hasTurns {
            if isMine { self.accounts[account].lock = nil }
            self.wake(account)
        }
        return isMine
    }
}
