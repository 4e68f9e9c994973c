import Ethereum
import EthereumRPC

/// An audit's knowledge of one sender in the era that is: a value, which reads nothing itself.
struct LaneBook: Sendable {
    /// The effect of the transaction of one nonce.
    struct Spent: Hashable, Sendable {
        let block: UInt64
        /// The sum that it took from the sender; `nil` when no node tells the price of gas.
        let cost: Wei?
        let fee: Wei?
        /// The sum that somebody else got.
        let delivered: Wei?
    }

    let lane: LaneName
    /// A block from before anything else was read, and the account behind it.
    ///
    /// A transaction that was mined up to then was bound before, so that it is among what is read later.
    let head: UInt64
    let chainNonce: UInt64
    let balance: Wei
    /// The distribution that each nonce belongs to.
    var bound: [UInt64: String] = [:]
    /// By nonce: what was mined.
    var spent: [UInt64: Spent] = [:]
    /// Nonces that distributions had in vain.
    var lost: [UInt64: String] = [:]
    var openCount = 0
    var counter: UInt64?

    init(_ lane: LaneName, head: UInt64, chainNonce: UInt64, balance: Wei) {
        self.lane = lane
        self.head = head
        self.chainNonce = chainNonce
        self.balance = balance
    }

    mutating func add(_ record: AuditedDistribution, _ mined: [ChainFacts.Mined]) {
        guard let distribution = record.distribution else { return }
        for nonce in distribution.lostNonces { self.lost[nonce] = record.id }
        for one in mined {
            let isDelivered =
                one.receipt.isSuccess && !record.noops.contains(one.receipt.transaction) && !distribution.isFiller
            // The record's price is of the transaction that it names.
            let price = one.receipt.transaction == distribution.minedHash ? record.gasPrice : nil
            self.add(one, price: price, delivered: isDelivered ? one.transaction.value : nil)
        }
    }

    /// `price` is what a unit of gas has cost where the node does not tell.
    mutating func add(_ mined: ChainFacts.Mined, price: Wei? = nil, delivered: Wei?) {
        let fee = mined.fee ?? price?.multiplied(by: mined.receipt.gasUsed)
        self.spent[mined.transaction.nonce] = Spent(
            block: mined.receipt.blockNumber,
            cost: mined.cost(paying: fee),
            fee: fee,
            delivered: delivered
        )
    }

    /// Nonces of the sender that were used before the first distribution that is known.
    var usedBefore: UInt64 { min(self.bound.keys.min() ?? self.chainNonce, self.chainNonce) }

    /// Nonces that are used up and belong to no distribution, from the first that one has on.
    var gaps: [ClosedRange<UInt64>] {
        guard let first = self.bound.keys.min(), first < self.chainNonce else { return [] }
        return Self.gaps(in: first...(self.chainNonce - 1), without: self.bound.keys)
    }

    /// The ranges that are left of one without some nonces.
    static func gaps(in range: ClosedRange<UInt64>, without known: some Sequence<UInt64>) -> [ClosedRange<UInt64>] {
        var gaps: [ClosedRange<UInt64>] = []
        var next = range.lowerBound
        for nonce in known.filter(range.contains).sorted() where nonce >= next {
            if nonce > next { gaps.append(next...(nonce - 1)) }
            next = nonce + 1
        }
        if next <= range.upperBound { gaps.append(next...range.upperBound) }
        return gaps
    }

    /// The lowest nonce from which on every used one is known to be mined; `nil` when the last one is not.
    var firstSpent: UInt64? {
        var first: UInt64?
        var nonce = self.chainNonce
        while nonce > 0, self.isSpent(nonce - 1) {
            nonce -= 1
            first = nonce
        }
        return first
    }

    private func isSpent(_ nonce: UInt64) -> Bool { self.spent[nonce].map { $0.block <= self.head } ?? false }

    /// The sum that left the sender with the nonces from one on, up to the head; `nil` when it cannot be told.
    func cost(from first: UInt64, behind block: UInt64) -> Wei? {
        guard first <= self.chainNonce else { return nil }
        var sum: Wei? = .zero
        for nonce in first..<self.chainNonce {
            guard let spent = self.spent[nonce], spent.block > block, spent.block <= self.head else { return nil }
            sum = spent.cost.flatMap { sum?.adding($0) }
        }
        return sum
    }

    // MARK: For the report

    var deliveredCount: Int { self.spent.values.count { $0.delivered != nil } }
    var deliveredWei: Wei { Self.sum(self.spent.values.map(\.delivered)) }
    var feesWei: Wei { Self.sum(self.spent.values.map(\.fee)) }

    private static func sum(_ amounts: [Wei?]) -> Wei {
        amounts.reduce(.zero) { sum, amount in amount.flatMap { sum.adding($0) } ?? sum }
    }
}
