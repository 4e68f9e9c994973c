package import Coordination

/// A shard in one currency: what adds up to nothing.
package struct ShardMoney: Hashable, Comparable, Sendable {
    package let shard: Shard
    package let currency: Currency

    package init(_ shard: Shard, _ currency: Currency) {
        self.shard = shard
        self.currency = currency
    }

    package var worldKey: String { LedgerKeys.world(self.shard, self.currency) }

    package static func < (one: ShardMoney, other: ShardMoney) -> Bool {
        (one.shard.number, one.currency.code) < (other.shard.number, other.currency.code)
    }
}

/// The outside world of a shard at one instant of Redis's clock, which cuts the shard's history in two.
package struct ShardCut: Hashable, Sendable {
    package let time: ServerTime
    /// 0 when there is none yet; `nil` when what is there is no number.
    package let world: Int64?
    package let isThere: Bool
    /// The balances of some accounts at this very instant.
    package let known: [Account: Int64]

    package init(time: ServerTime, world: Int64?, isThere: Bool, known: [Account: Int64] = [:]) {
        self.time = time
        self.world = world
        self.isThere = isThere
        self.known = known
    }
}

/// The balances of one shard against its outside world, at one instant, while others keep adding.
///
/// Both are moved by one script, so at every instant they add up to nothing. Two ways lead to an instant:
///
/// - **Nothing moved.** Every change adds more than nothing, so the world's balance never takes a value twice. If it is
///   the same before the first account is looked for and after the last one was read, all balances are of one instant.
/// - **A cut.** One script reads the world's balance and Redis's clock, before the accounts are looked for; so all that
///   had a balance at the cut are found. Later each account tells its balance at the cut by itself: its entries are
///   never changed, and the last one that is older than the cut says it. Entries of the cut's own millisecond lie on
///   nobody knows which side, so several cuts are made, and those with such entries do not count. When none is left,
///   the next try has the accounts that are in use read their balances within the cut itself.
///
/// The first way needs no clock. The second one trusts that Redis's clock was not set back across the cut, so a
/// difference is a violation only when it comes back the same at a later cut, behind all that was read before, and
/// nothing hints at a clock that was set. Otherwise it stays undecided.
package struct ShardSum: Sendable {
    package enum Verdict: Hashable, Sendable {
        case clean
        /// It is off, at one instant for certain.
        case wrong(Int128)
        /// It is off if Redis's clock told the truth.
        case suspect(Int128)
        /// It cannot be told this time, for this reason.
        case unclear(String)
        /// It cannot be told at all: what was found wrong besides hides it.
        case hopeless(String)
    }

    package let cuts: [ShardCut]
    package private(set) var accounts = 0
    private var heads: Int128 = 0
    private var sums: [Int128]
    private var isOnCut: [Bool]
    private var isReadable = true
    package private(set) var isViolated: Bool
    private var isAhead = false

    /// `isViolated` when accounts of the shard are known to be wrong already.
    package init(cuts: [ShardCut], isViolated: Bool = false) {
        self.cuts = cuts
        self.isViolated = isViolated
        self.sums = cuts.map { _ in 0 }
        self.isOnCut = cuts.map { _ in false }
    }

    /// Adds an account that was read at `time` or before.
    package mutating func add(_ reading: BalanceReading, readAt time: ServerTime) {
        self.accounts += 1
        if reading.isViolated { self.isViolated = true }
        if reading.newest > time { self.isAhead = true }
        if let balance = reading.balance { self.heads += Int128(balance) } else { self.isReadable = false }
        for (index, cut) in self.cuts.enumerated() where index < reading.atCuts.count {
            let known = cut.known[reading.account]
            self.sums[index] += Int128(known ?? reading.atCuts[index])
            if known == nil, reading.isOnCut[index] { self.isOnCut[index] = true }
        }
    }

    /// What can be said; `last` is the world behind the last account that was read.
    package func verdict(last: ShardCut, isClockEven: Bool) -> Verdict {
        let worlds = self.cuts.map(\.world) + [last.world]
        guard !worlds.contains(nil) else { return .hopeless("the outside world cannot be read") }
        guard self.isReadable else { return .hopeless("an account cannot be read") }
        if let world = last.world, self.cuts.allSatisfy({ $0.world == world }) {
            let difference = self.heads + Int128(world)
            return difference == 0 ? .clean : .wrong(difference)
        }
        let differences = zip(zip(self.cuts, self.sums), self.isOnCut)
            .compactMap { pair, isOnCut in isOnCut ? nil : pair.1 + Int128(pair.0.world ?? 0) }
        if differences.contains(0) { return .clean }
        guard let difference = differences.first else { return .unclear("too many changes in one millisecond") }
        guard Set(differences).count == 1 else { return .unclear("the sum differs from one cut to the next") }
        if self.isViolated { return .hopeless("accounts in it are wrong") }
        if self.isAhead || !isClockEven { return .unclear("Redis's clock was set back") }
        return .suspect(difference)
    }
}
