package import Ethereum
package import EthereumRPC

/// The offer of a transaction for each unit of gas.
package enum Fee: Hashable, Sendable {
    case legacy(gasPrice: Wei)
    case market(maxFee: Wei, tip: Wei)

    /// The most that a unit of gas may cost.
    package var limit: Wei {
        switch self {
        case .legacy(let gasPrice): gasPrice
        case .market(let maxFee, _): maxFee
        }
    }

    /// As records have it: `legacy 20000000000`, `market 3000000000 1000000000`.
    package var text: String {
        switch self {
        case .legacy(let gasPrice): "legacy \(gasPrice.decimal)"
        case .market(let maxFee, let tip): "market \(maxFee.decimal) \(tip.decimal)"
        }
    }

    /// Reads ``text``; `nil` for anything else.
    package init?(text: some StringProtocol) {
        let words = text.split(separator: " ")
        let amounts = words.dropFirst().compactMap { Wei(decimal: $0) }
        guard amounts.count == words.count - 1 else { return nil }
        switch (words.first, amounts.count) {
        case ("legacy", 1): self = .legacy(gasPrice: amounts[0])
        case ("market", 2): self = .market(maxFee: amounts[0], tip: amounts[1])
        default: return nil
        }
    }

    /// Whether it is worth no more to a node than another: the part for the base fee is not the node's.
    func isAtMost(_ other: Fee) -> Bool {
        switch (self, other) {
        case (.market(_, let tip), .market(_, let otherTip)): tip <= otherTip
        case (.legacy, _), (.market, .legacy): self.limit <= other.limit
        }
    }

    /// The least offer that reaches a node's floor, and at least `quote`; `nil` beyond `cap`.
    package func reaching(_ floor: FeeFloor, atLeast quote: Fee? = nil, cap: Wei?) -> Fee? {
        let fee: Fee?
        switch self {
        case .legacy(let gasPrice):
            fee = .legacy(gasPrice: max(gasPrice, floor.amount, quote?.limit ?? .zero))
        case .market(let maxFee, let tip):
            var least = (maxFee: maxFee, tip: tip)
            if case .market(let maxFee, let tip) = quote { least = (max(least.maxFee, maxFee), max(least.tip, tip)) }
            let newTip = floor.part == .tip ? max(least.tip, floor.amount) : least.tip
            // The part that was left for the base fee stays for it.
            let base = least.maxFee.subtracting(least.tip) ?? .zero
            let wanted = floor.part == .price ? max(base, floor.amount) : base
            fee = wanted.adding(newTip).map { .market(maxFee: max($0, least.maxFee), tip: newTip) }
        }
        guard let fee, cap.map({ fee.limit <= $0 }) ?? true else { return nil }
        return fee
    }

    /// An eighth more on everything, which every node takes as a replacement, and at least `quote`; `nil` beyond `cap`.
    ///
    /// With `doubles` twice as much, for a node that does not say what it wants.
    package func raised(atLeast quote: Fee?, cap: Wei?, doubles: Bool = false) -> Fee? {
        let more: (Wei) -> Wei? = { amount in
            doubles ? amount.adding(amount)?.adding(Wei(1)) : Self.eighthMore(amount)
        }
        let raised: Fee?
        switch self {
        case .legacy(let gasPrice):
            raised = more(gasPrice).map { .legacy(gasPrice: max($0, quote?.limit ?? $0)) }
        case .market(let maxFee, let tip):
            var least = (maxFee: Wei.zero, tip: Wei.zero)
            if case .market(let maxFee, let tip) = quote { least = (maxFee, tip) }
            guard let moreFee = more(maxFee), let moreTip = more(tip) else { return nil }
            let newTip = max(moreTip, least.tip)
            raised = .market(maxFee: max(moreFee, least.maxFee, newTip), tip: newTip)
        }
        guard let raised, cap.map({ raised.limit <= $0 }) ?? true else { return nil }
        return raised
    }

    private static func eighthMore(_ amount: Wei) -> Wei? {
        amount.divided(by: 8).flatMap { amount.adding($0) }?.adding(Wei(1))
    }
}

/// How fees are chosen.
package struct FeeRules: Hashable, Sendable {
    package enum Mode: String, Hashable, Sendable, CaseIterable {
        /// A fee market where blocks have a base fee, else a gas price.
        case auto
        case legacy
        case market
    }

    /// Default: what the chain has.
    package var mode = Mode.auto
    /// The most for a unit of gas, in wei; default none: the balance is the limit.
    ///
    /// There are chains where a transfer costs more than a coin, so no figure would be right for all.
    package var cap: Wei?
    /// The tip, in wei; default what the node proposes, or 1 gwei.
    package var tip: Wei?
    /// Percent on top of the present base fee, so that it may rise while the transaction waits; default 100, 0 to 1000.
    ///
    /// A gas price is paid as offered, and nodes make the next one of what was paid: nothing is added to it.
    package var headroom: UInt64 = 100

    package init() {}

    /// The offer for a transaction now, the cap at most; `nil` when the node tells no price.
    package func quote(_ snapshot: SenderSnapshot) -> Fee? {
        self.quote(
            baseFee: snapshot.head.baseFee,
            priorityFee: snapshot.priorityFee,
            gasPrice: snapshot.gasPrice
        )
    }

    package func quote(baseFee: Wei?, priorityFee: Wei?, gasPrice: Wei?) -> Fee? {
        let fee: Fee?
        if self.mode != .legacy, let baseFee {
            let tip = self.tip ?? priorityFee ?? Wei(1_000_000_000)
            fee = self.more(baseFee)?.adding(tip).map { .market(maxFee: $0, tip: tip) }
        } else if self.mode != .market, let gasPrice {
            fee = .legacy(gasPrice: max(gasPrice, Wei(1)))
        } else {
            fee = nil
        }
        guard let fee, self.cap.map({ fee.limit > $0 }) ?? false else { return fee }
        return self.capped(fee)
    }

    private func more(_ price: Wei) -> Wei? { price.multiplied(by: 100 + self.headroom)?.divided(by: 100) }

    /// The most that may be offered: better a transaction that waits than none.
    private func capped(_ fee: Fee) -> Fee? {
        guard let cap = self.cap else { return fee }
        switch fee {
        case .legacy: return .legacy(gasPrice: cap)
        case .market(_, let tip): return .market(maxFee: cap, tip: min(tip, cap))
        }
    }
}
