import Payments
import Testing

/// The scope of a search: where it begins and what may go wrong, each so many times.
struct SearchScenario: Sendable, CustomTestStringConvertible {
    enum Program: String, Sendable {
        /// One script for all, and ``SplitMachine`` for what another setting or version left in steps.
        case whole
        /// ``SplitMachine``.
        case split
        /// A locker that takes one lock after the other and keeps the first while it waits: the negative control.
        case grasping
    }

    var name = ""
    var program = Program.whole
    var balances: [Int64] = [10, 10]
    /// Payer, payee and amount.
    var payments: [(from: Int, to: Int, amount: Int64)] = [(0, 1, 5), (1, 0, 5)]
    var workers = 2
    /// Leases that end early.
    var expiries = 0
    /// Messages that another worker gets while one still works on them.
    var duplicates = 0
    /// Workers that end, before a step or behind it: a lost reply looks the same.
    var crashes = 0
    /// Looks of a sweeper while somebody is at work; while nobody is, it looks as often as it likes.
    var looks = 0
    var cancels = 0
    /// Tries too many: payments that become dead letters, and are given to the workers again.
    var burials = 0
    /// Whether the first payment has both locks already, as the mode that the version before had left it.
    var isLeftLocked = false
    var guards = ModelStore.Guards()
    /// Of messages that ask for the same and that nobody has, one is kept.
    var merges = true
    /// Whether a sweeper looks at payments that have not ended.
    var isSwept = true

    var isWhole: Bool { self.program == .whole }

    var testDescription: String { "\(self.name), \(self.program.rawValue)" }

    func with(_ change: (inout SearchScenario) -> Void) -> SearchScenario {
        var scenario = self
        change(&scenario)
        return scenario
    }
}

/// The store and whoever works on it, at one instant.
struct SearchState: Sendable {
    struct Job: Sendable {
        let payment: Int
        /// `nil` for one who only cleans up.
        let message: Int?
        /// The record's order when it was read first.
        var order: Int64
        var machine: SplitMachine
        var step: SplitMachine.Step
        /// Whether the script of whole payments comes first.
        var isByScript = false
    }

    var store: ModelStore
    /// The job of each worker; the last one is a sweeper's or a canceller's cleaning up.
    var jobs: [Job?]
    var expiries: Int
    var duplicates: Int
    var crashes: Int
    var looks: Int
    var cancels: Int
    var burials: Int

    init(_ scenario: SearchScenario) {
        let accounts = scenario.balances.indices.map {
            ModelStore.Account(shard: $0, balance: scenario.balances[$0])
        }
        self.store = ModelStore(accounts: accounts)
        self.store.guards = scenario.guards
        for payment in scenario.payments {
            self.store.accept(from: payment.from, to: payment.to, amount: payment.amount)
        }
        if scenario.isLeftLocked { self.store.leaveLocked(0) }
        self.jobs = Array(repeating: nil, count: scenario.workers + 1)
        self.expiries = scenario.expiries
        self.duplicates = scenario.duplicates
        self.crashes = scenario.crashes
        self.looks = scenario.looks
        self.cancels = scenario.cancels
        self.burials = scenario.burials
    }

    var aide: Int { self.jobs.count - 1 }

    /// Both payments have ended, and nothing is left of them.
    var isFinished: Bool {
        self.store.messages.isEmpty && self.jobs.allSatisfy { $0 == nil }
            && self.store.accounts.allSatisfy { $0.lock == nil && $0.waiters.isEmpty }
            && self.store.payments.allSatisfy {
                $0.state.isTerminal && !$0.isOpen && !$0.isInFlight && !$0.isListedDead
            }
    }

    /// The rule that is broken, of those that must hold always; `nil` when none is.
    func violation(from start: SearchState) -> String? {
        for (account, before) in zip(self.store.accounts, start.store.accounts) {
            if account.balance < 0 { return "a balance is negative" }
            if account.balance + self.store.transit[account.shard] != before.balance { return "a shard's sum changed" }
        }
        var flight: Int64 = 0
        for record in self.store.payments {
            if record.isInFlight != (record.state == .debited) { return "flight is not what is debited" }
            if record.state == .debited && record.credits == 0 { flight += record.amount }
            if max(record.debits, record.credits, record.returns) > 1 { return "an entry is there twice" }
            let isSo =
                switch record.state {
                case .pending, .locked, .failed, .cancelled:
                    (record.debits, record.credits, record.returns) == (0, 0, 0)
                case .debited: record.debits == 1 && record.returns == 0
                case .done: (record.debits, record.credits, record.returns) == (1, 1, 0)
                case .returned: (record.debits, record.credits, record.returns) == (1, 0, 1)
                }
            if !isSo { return "entries are not what the record says" }
        }
        if self.store.transit.reduce(0, +) != flight { return "transit is not what is in flight" }
        return self.store.broken
    }

    // MARK: Being the same

    /// Equal for states from which the same may happen: tokens, messages and workers have no names in it.
    var fingerprint: Fingerprint {
        var print = Fingerprint()
        for account in self.store.accounts {
            print.add(Int(truncatingIfNeeded: account.balance))
            print.add(account.lock.map { $0.owner * 2 + ($0.token == account.token ? 1 : 0) + 1 } ?? 0)
            print.add(account.entryToken == account.token ? 1 : 0)
            print.add(Int(account.debitOrder))
            for place in account.waiters { print.add(Int(place.order) * 8 + place.payment) }
            let told = account.woken.flatMap { wake in self.store.isThere(wake.message) ? wake.payment : nil }
            print.add(-1 - (told.map { $0 + 1 } ?? 0))
        }
        for transit in self.store.transit { print.add(Int(transit)) }
        for record in self.store.payments { self.add(record, to: &print) }
        // The messages of a worker are told apart by their payment; what a worker has of them is with the worker.
        print.add(self.sum(self.store.messages.map { self.code($0) }))
        print.add(self.sum(self.jobs.dropLast().map { self.code($0) }))
        print.add(self.code(self.jobs[self.aide]))
        print.add(self.expiries + 4 * (self.duplicates + 4 * (self.crashes + 4 * self.looks)))
        print.add(self.cancels * 4 + self.burials)
        return print
    }

    private func add(_ record: ModelStore.Record, to print: inout Fingerprint) {
        let isThere = record.message.map { id in self.store.messages.contains { $0.id == id } } ?? false
        var flags = record.mark == nil ? 0 : record.mark == .credited ? 1 : 2
        for flag in [record.isDead, record.isListedDead, record.isOpen, record.isInFlight, isThere] {
            flags = flags * 2 + (flag ? 1 : 0)
        }
        print.add(ModelStore.State.allCases.firstIndex(of: record.state) ?? 0)
        print.add(flags)
        print.add(self.code(record.tokenFrom, record.from) * 4 + self.code(record.tokenTo, record.to))
        print.add(Int(record.order) * 64 + record.debits * 16 + record.credits * 4 + record.returns)
    }

    /// Whether a token is the account's last one, an earlier one, or none.
    private func code(_ token: Int64?, _ account: Int) -> Int {
        guard let token, token > 0 else { return 0 }
        return token == self.store.accounts[account].token ? 2 : 1
    }

    private func code(_ message: ModelStore.Message) -> Int {
        let isRecorded = self.store.payments[message.payment].message == message.id
        var print = Fingerprint()
        let caller = self.store.accounts.firstIndex { $0.woken?.message == message.id }
        print.add(message.payment * 8 + (message.role == .locker ? 4 : 0) + (isRecorded ? 2 : 0))
        // Only of a wake-up it matters whether somebody had it.
        print.add((message.isDeliverable ? 1 : 0) + (caller.map { 4 * $0 + (message.isRead ? 6 : 4) } ?? 0))
        return print.value
    }

    private func code(_ job: Job?) -> Int {
        guard let job else { return 0 }
        var print = Fingerprint()
        print.add(job.payment * 64 + Int(job.order) * 4)
        print.add(job.machine.role.hashValue)
        if let message = job.message {
            let isThere = self.store.messages.first { $0.id == message }
            print.add(isThere.map { self.code($0) } ?? 0)
        }
        let record = self.store.payments[job.payment]
        switch job.step {
        case .hold(let tokenFrom, let tokenTo):
            print.add(100 + self.code(tokenFrom, record.from) * 4 + self.code(tokenTo, record.to))
        case .credit(let token): print.add(200 + self.code(token, record.to))
        default: print.add(job.step.hashValue)
        }
        print.add((job.machine.isParking ? 1 : 0) + (job.machine.holdsFrom ? 2 : 0) + (job.isByScript ? 4 : 0))
        print.add(self.code(job.machine.token, job.machine.role == .locker ? record.from : record.to))
        return print.value
    }

    /// The same in any order.
    private func sum(_ codes: [Int]) -> Int {
        var sum = 0
        for code in codes { sum &+= code &* (code | 1) &+ 0x51ed }
        return sum
    }
}

/// 128 bits that stand for a state: two that differ have the same ones about never.
struct Fingerprint: Hashable, Sendable {
    private var one: UInt64 = 0x9e37_79b9_7f4a_7c15
    private var two: UInt64 = 0xc2b2_ae3d_27d4_eb4f

    var value: Int { Int(truncatingIfNeeded: self.one ^ (self.two << 1)) }

    mutating func add(_ number: Int) {
        let bits = UInt64(bitPattern: Int64(number))
        self.one = (self.one ^ bits) &* 0xff51_afd7_ed55_8ccd
        self.one ^= self.one >> 32
        self.two = (self.two &+ bits) &* 0xc4ce_b9fe_1a85_ec53
        self.two ^= self.two >> 29
    }
}
