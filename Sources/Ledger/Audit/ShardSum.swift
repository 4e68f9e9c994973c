package import Coordination

/// The balances of one shard against its outside world and what is on its way, at one instant, while others go on.
///
/// One script makes an entry and moves what is on its other side: the outside world for an add, another account or
/// what is on its way for a payment. So at every instant all of it adds up to nothing. Two ways lead to an instant:
///
/// - **Nothing moved.** Each entry is counted with the outside world, in the script that makes it, and the count is
///   never taken back. If it is the same before the first account is looked for and after the last one was read, all
///   balances are of one instant. An older process may run beside, which only adds and counts nothing: the outside
///   world's balance must be the same, too, which such adds only lower and payments leave alone. A shard without a
///   count, written before there was one, has only the second way.
/// - **A cut.** One script reads the outside world, what is on its way and Redis's clock, before the accounts are
///   looked for; so all that had a balance at the cut are found. Later each account tells its balance at the cut by
///   itself: its entries are never changed, and the last one that is older than the cut says it. Entries of the cut's
///   own millisecond lie on nobody knows which side, so several cuts are made, and those with such entries do not
///   count. When none is left, the next try has the accounts that are in use read their balances within the cut itself.
///
/// A cut never lies inside a script, and both entries of a whole payment within one shard carry that script's time:
/// they are on the same side of the cut, or both on its millisecond. Should only one of them have had its balance read
/// within the cut, the other still spoils it. Only an account that is ahead of the clock, because the clock was set
/// back, has a later time in its entry than the other account.
///
/// The first way needs no clock. The second one trusts that Redis's clock was not set back across the cut, and that no
/// account was ahead of it. So a difference is a violation only when it comes back the same at a later cut, behind all
/// that was read before, and nothing hints at a clock that was set: an account that was not ahead when it was read the
/// first time is at no later cut. Otherwise it stays undecided.
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

    /// The verdict that can be given; `last` is a cut behind the last account that was read.
    package func verdict(last: ShardCut, isClockEven: Bool) -> Verdict {
        let looks = self.cuts + [last]
        guard looks.allSatisfy({ $0.world.balance != nil }) else {
            return .hopeless("the outside world cannot be read")
        }
        guard looks.allSatisfy({ $0.transit.balance != nil }), let counterweight = last.counterweight else {
            return .hopeless("what is on its way cannot be read")
        }
        guard self.isReadable else { return .hopeless("an account cannot be read") }
        if last.entries != nil, self.cuts.allSatisfy({ $0.entries == last.entries && $0.world == last.world }) {
            let difference = self.heads + counterweight
            return difference == 0 ? .clean : .wrong(difference)
        }
        let differences = zip(zip(self.cuts, self.sums), self.isOnCut)
            .compactMap { pair, isOnCut in isOnCut ? nil : pair.1 + (pair.0.counterweight ?? 0) }
        if differences.contains(0) { return .clean }
        guard let difference = differences.first else { return .unclear("too many changes in one millisecond") }
        guard Set(differences).count == 1 else { return .unclear("the sum differs from one cut to the next") }
        if self.isViolated { return .hopeless("accounts in it are wrong") }
        if self.isAhead || !isClockEven { return .unclear("Redis's clock was set back") }
        return .suspect(difference)
    }
}
