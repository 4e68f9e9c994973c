package import Coordination
package import Ethereum

/// How coins are given out.
package struct FaucetConfiguration: Sendable {
    /// The amount that one distribution sends, in wei; default 10^18, one coin.
    package var amount = Wei(1_000_000_000_000_000_000) {
        didSet { self.amountText = self.amount.decimal }
    }
    /// ``amount`` in plain digits.
    package private(set) var amountText = "1000000000000000000"
    /// The durability of an admitted distribution and of its steps; default `local`.
    package var durability = Durability.local
    /// How long idempotency records are kept; default 24 h.
    package var idempotencyKeep = Duration.seconds(86_400)
    /// How long a request waits for its transaction to be accepted by a node; default 10 s, 0 s to 30 s.
    package var wait = Duration.seconds(10)
    /// Distributions of one sender that are not over; more are refused.
    ///
    /// Default 10,000.
    package var queueLimit = 10_000
    /// How long a distribution can be looked up once it is over; default 35 days.
    package var keep = Duration.seconds(35 * 86_400)
    /// Connections of one instance that wait for distributions; default 4000.
    package var watchLimit = 4000
    /// Connections of one API key, or of one of ``callers``, that wait for distributions; default 1000.
    package var callerWatchLimit = 1000
    /// How long an address waits for its next coin; default zero: not at all.
    package var cooldown = Duration.zero
    /// Distributions in one day (UTC); default 0: no limit.
    package var dayLimit = 0
    /// The callers that may ask; empty: everybody.
    package var callers: [FaucetCaller] = []

    package init() {}

    var keepMilliseconds: Int { Int(self.keep / .milliseconds(1)) }
    var idempotencyKeepMilliseconds: Int { Int(self.idempotencyKeep / .milliseconds(1)) }
}

/// How a lane sends.
package struct LaneConfiguration: Sendable {
    /// How long a lane outlives a worker that is gone; default 5 s.
    package var lease = Duration.seconds(5)
    /// Transactions that a node has and that are not mined, at most; default 1000, 1 to 5000.
    ///
    /// They are sent in order, so none of them leaves a gap and geth's limit of 64 does not apply. A node that keeps
    /// fewer is given fewer: see ``PoolWindow``.
    package var window = 1000
    /// Between two looks at the chain while something is under way; default 0.5 s.
    package var poll = Duration.milliseconds(500)
    /// Between two looks while nothing is; default 1 s.
    package var idlePoll = Duration.seconds(1)
    /// Blocks on top of a transaction's until it is confirmed; default 0, for chains that never go back.
    package var confirmations: UInt64 = 0
    /// How long the first transaction that is not mined may take until its fee is raised; default 60 s.
    package var stall = Duration.seconds(60)
    /// How long the chain may make no block until that counts as the reason why something waits; default 30 s.
    package var blockSilence = Duration.seconds(30)
    /// How long a node's word that it has a transaction counts, while it is not mined; default 30 s.
    package var rebroadcast = Duration.seconds(30)
    /// Looks at the chain that must show a used nonce and no receipt of ours until the nonce counts as somebody
    /// else's; default 3, 2 or more.
    package var foreignReads = 3
    /// Gas of one transfer; default 21,000: enough for any address that is no contract.
    package var gasLimit: UInt64 = 21_000
    package var fees = FeeRules()
    /// Below this many coins the balance is warned of; default 100.
    package var warnCoins: UInt64 = 100

    package init() {}
}
