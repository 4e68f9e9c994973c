import Coordination
import Evidence

/// The findings of an audit so far, and the next round of reading.
///
/// The first round looks at everything; those after it only at shards whose sum could not be had at one instant, and
/// they tell nothing else anew.
struct AuditPass {
    /// Cuts through a shard's history: the more, the likelier that one has no change in its millisecond.
    private static let cutCount = 5
    private static let cutPause = Duration.milliseconds(3)
    /// Batches of accounts that are read at a time: one is in Redis while the other is checked.
    private static let width = 2
    /// Accounts in use whose balances are read within a cut: some tenths of a millisecond.
    private static let busyLimit = 500

    private let reader: StoreReader
    private let meter: AuditMeter
    private let currency: Currency?
    private let tap: AuditTap?
    private(set) var report = LedgerAudit.Report()
    private(set) var sample: MemorySample
    private var clock = AuditClock()
    /// By how much a shard seemed to be off in the round before.
    private var suspects: [ShardMoney: Int128] = [:]
    /// Why a shard's sum could not be had in the round before.
    private var reasons: [ShardMoney: String] = [:]
    /// Accounts that changed while the shard was read in the round before.
    private var busy: [ShardMoney: [Account]] = [:]
    /// Shards in which an account has violations of its own.
    private var violated: Set<ShardMoney> = []
    private var worlds: [ShardMoney: LedgerAudit.World] = [:]

    init(reader: StoreReader, meter: AuditMeter, currency: Currency?, seed: UInt64, tap: AuditTap?) {
        self.reader = reader
        self.meter = meter
        self.currency = currency
        self.tap = tap
        self.sample = MemorySample(seed: seed)
    }

    /// All shards, in each currency that is to be looked at.
    ///
    /// Without a given currency Redis is walked once more, because the cuts must come before the search for accounts.
    func shards() async throws(AuditError) -> [ShardMoney] {
        var currencies: Set<Currency> = []
        if let currency = self.currency {
            currencies = [currency]
        } else {
            try await self.reader.scan(LedgerKeys.pattern) { keys in
                for key in keys {
                    switch LedgerKeys.owner(of: key) {
                    case .account(let account): currencies.insert(account.currency)
                    case .world(_, let currency), .transit(_, let currency): currencies.insert(currency)
                    case .misplaced, nil: break
                    }
                }
            }
        }
        return currencies.flatMap { currency in Shard.all.map { ShardMoney($0, currency) } }.sorted()
    }

    /// Looks at these shards; returns those to look at again.
    mutating func visit(_ open: [ShardMoney], isFirst: Bool) async throws(AuditError) -> [ShardMoney] {
        let cuts = try await self.cuts(open)
        var users = try await self.users(of: Set(open), isFirst: isFirst)
        var left: [ShardMoney] = []
        for money in open {
            let accounts = (users.removeValue(forKey: money) ?? []).sorted().compactMap { UserID($0) }
                .map { Account($0, money.currency) }
            var sum = ShardSum(cuts: cuts[money] ?? [], isViolated: self.violated.contains(money))
            if isFirst {
                try await self.check(accounts, into: &sum)
                if sum.isViolated { self.violated.insert(money) }
            } else {
                try await self.read(accounts, into: &sum)
            }
            let last = try await self.reader.cut(money)
            if isFirst { self.check(last, of: money) }
            if sum.accounts > 0 || last.isThere {
                self.worlds[money] = LedgerAudit.World(
                    shard: money.shard.tag,
                    currency: money.currency.code,
                    accounts: sum.accounts,
                    balance: last.world.balance,
                    transit: last.transit.balance
                )
            }
            if !self.settle(money, sum.verdict(last: last, isClockEven: self.clock.isEven)) { left.append(money) }
        }
        self.report.worlds = self.worlds.sorted { $0.key < $1.key }.map(\.value)
        return left
    }

    /// Calls undecided what could not be had in all rounds.
    mutating func giveUp(on open: [ShardMoney]) {
        for money in open { self.report.leave(money.worldKey, self.reasons[money] ?? "it kept changing") }
    }

    // MARK: Verdicts

    /// Returns whether the shard is done.
    private mutating func settle(_ money: ShardMoney, _ verdict: ShardSum.Verdict) -> Bool {
        let suspect = self.suspects.removeValue(forKey: money)
        switch verdict {
        case .clean: return true
        case .wrong(let difference):
            self.tellSum(money, difference)
            return true
        case .suspect(let difference):
            guard suspect == difference else {
                self.suspects[money] = difference
                self.reasons[money] = "it is off by \(difference), but not twice in a row"
                return false
            }
            self.tellSum(money, difference)
            return true
        case .unclear(let reason):
            self.reasons[money] = reason
            return false
        case .hopeless(let reason):
            self.report.leave(money.worldKey, reason)
            return true
        }
    }

    private mutating func tellSum(_ money: ShardMoney, _ difference: Int128) {
        self.report.violate(.shardSumWrong, money.worldKey, "0 with all balances", difference)
    }

    private mutating func check(_ cut: ShardCut, of money: ShardMoney) {
        self.check(cut.world, money.worldKey)
        self.check(cut.transit, money.transitKey)
        if let text = cut.entriesText, (cut.entries ?? -1) < 0 {
            self.report.violate(.headInvalid, money.worldKey, "a count of entries", text)
        }
    }

    private mutating func check(_ side: ShardCut.Side, _ key: String) {
        let limit = Money.largestBalance.minorUnits
        if side.type != "hash", side.type != "none" {
            self.report.violate(.wrongType, key, "hash", side.type)
        } else if let balance = side.balance {
            guard balance.magnitude > limit.magnitude else { return }
            self.report.violate(.balanceOutOfRange, key, "-\(limit) to \(limit)", balance)
        } else {
            self.report.violate(.headInvalid, key, "a balance in whole numbers", side.text ?? "none")
        }
    }
}

// MARK: Reading

extension AuditPass {
    /// Cuts through all these shards' histories, before their accounts are looked for.
    private mutating func cuts(_ open: [ShardMoney]) async throws(AuditError) -> [ShardMoney: [ShardCut]] {
        var cuts: [ShardMoney: [ShardCut]] = [:]
        for number in 0..<Self.cutCount {
            if number > 0 { try await StoreReader.wait(Self.cutPause) }
            for money in open {
                let sent = self.meter.elapsed
                let cut = try await self.reader.cut(money, with: self.busy[money] ?? [])
                self.clock.saw(AuditLook(time: cut.time, sent: sent, received: self.meter.elapsed))
                cuts[money, default: []].append(cut)
            }
        }
        return cuts
    }

    /// The users of these shards.
    private mutating func users(
        of open: Set<ShardMoney>,
        isFirst: Bool
    ) async throws(AuditError) -> [ShardMoney: Set<String>] {
        var users: [ShardMoney: Set<String>] = [:]
        // `SCAN` may give a key twice.
        var (misplaced, unknown): ([String: Account], Set<String>) = ([:], [])
        var seen = 0
        try await self.reader.scan(LedgerKeys.pattern) { keys in
            for key in keys {
                switch LedgerKeys.owner(of: key) {
                case .account(let account):
                    let money = ShardMoney(account.shard, account.currency)
                    if open.contains(money) { users[money, default: []].insert(account.user.text) }
                case .misplaced(let account): misplaced[key] = account
                case nil: unknown.insert(key)
                case .world, .transit: break
                }
            }
            seen += keys.count
            if isFirst { self.meter.add("keys", keys.count) }
        }
        guard isFirst else { return users }
        self.report.keys = seen
        for (key, account) in misplaced.sorted(by: { $0.key < $1.key })
        where self.currency ?? account.currency == account.currency {
            self.report.violate(.wrongShard, key, account.shard.tag, key)
        }
        for key in unknown.sorted() {
            self.report.violate(.unknownKey, key, "a user and a currency in a shard", key)
        }
        return users
    }

    private mutating func note(_ account: Account, isBusy: Bool) {
        let money = ShardMoney(account.shard, account.currency)
        let others = self.busy[money] ?? []
        guard isBusy, others.count < Self.busyLimit, !others.contains(account) else { return }
        self.busy[money] = others + [account]
    }

    /// Adds up accounts of one shard that were checked before.
    private mutating func read(_ accounts: [Account], into sum: inout ShardSum) async throws(AuditError) {
        let meter = self.meter
        let source = BalanceReader(reader: self.reader) { meter.elapsed }
        try await source.read(accounts, cuts: sum.cuts) { reading, look in
            self.clock.saw(look)
            self.add(reading, to: &sum, readAt: look.time)
        }
    }

    private mutating func add(_ reading: BalanceReading, to sum: inout ShardSum, readAt time: ServerTime) {
        sum.add(reading, readAt: time)
        self.note(reading.account, isBusy: sum.cuts.first.map { reading.newest >= $0.time } ?? false)
    }

    /// Checks accounts of one shard, some batches at a time.
    private mutating func check(_ accounts: [Account], into sum: inout ShardSum) async throws(AuditError) {
        let cuts = sum.cuts.map(\.time)
        let source = AccountReader(reader: self.reader, meter: self.meter, tap: self.tap)
        var next = 0
        let outcome = await withTaskGroup(of: Result<AccountReader.Batch, AuditError>.self) { group in
            func start() {
                guard next < accounts.count else { return }
                let batch = Array(accounts[next...].prefix(AccountReader.batchLimit))
                next += batch.count
                group.addTask {
                    do throws(AuditError) { return .success(try await source.check(batch, cuts: cuts)) } catch {
                        return .failure(error)
                    }
                }
            }
            for _ in 0..<Self.width { start() }
            while let result = await group.next() {
                guard case .success(let batch) = result else {
                    group.cancelAll()
                    return result.map { _ in }
                }
                self.take(batch, into: &sum)
                start()
            }
            return .success(())
        }
        try outcome.get()
    }

    private mutating func take(_ batch: AccountReader.Batch, into sum: inout ShardSum) {
        for look in batch.looks { self.clock.saw(look) }
        for check in batch.checks {
            self.add(check.reading, to: &sum, readAt: batch.time)
            self.report.accounts += 1
            self.report.entries += check.count
            self.sample.offer(check.account, length: check.length)
            self.report.add(check.violations)
        }
    }
}
