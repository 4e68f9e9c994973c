package import Ethereum

/// What an audit of the faucet found.
package struct FaucetReport: Sendable {
    /// Something that could not be proven, and is no violation.
    package struct Undecided: Hashable, Sendable {
        package let key: String
        package let reason: String
    }

    /// What was proven of one sender in the era that is.
    package struct Sender: Hashable, Sendable {
        /// Whether what has left the sender is what its records say.
        package enum Balance: Hashable, Sendable {
            /// It is. `received` is what came in besides, in wei.
            case proven(received: Wei)
            case violated
            /// It cannot be told, for this reason.
            case skipped(String)
        }

        package let address: Address
        /// The next nonce on the chain, counting mined transactions.
        package let chainNonce: UInt64
        /// The next nonce that will be given out.
        package let counter: UInt64?
        package let balance: Wei
        package let open: Int
        package let delivered: Int
        package let deliveredWei: Wei
        package let feesWei: Wei
        /// Nonces from before the first record: the key was used elsewhere, or their records are gone.
        package let usedBefore: UInt64
        package let proof: Balance
    }

    /// `nil` before the first.
    package var era: Int64?
    package var states: [Distribution.State: Int] = [:]
    /// Records of earlier eras, whose chains are gone: they are not compared with one.
    package var earlier = 0
    /// Records that only fill a hole in the nonces.
    package var fillers = 0
    /// Distributions whose records have ended their time.
    package var expired = 0
    /// How long ago the oldest distribution was asked for that is not over; `nil` when all are.
    package var oldest: Duration?
    package var senders: [Sender] = []
    package var violations = FaucetViolations()
    package var undecided: [Undecided] = []
    package var elapsed = Duration.zero

    package init() {}

    package var distributions: Int { self.states.values.reduce(0, +) }
    package var unfinished: Int { self.states.filter { !$0.key.isTerminal }.values.reduce(0, +) }
    package var delivered: Int { self.senders.map(\.delivered).reduce(0, +) }
    package var deliveredWei: Wei { self.senders.reduce(.zero) { $0.adding($1.deliveredWei) ?? $0 } }
    package var feesWei: Wei { self.senders.reduce(.zero) { $0.adding($1.feesWei) ?? $0 } }

    package var isClean: Bool { self.violations.total == 0 && self.undecided.isEmpty }

    /// 0 clean, 1 violations, 3 undecided; an audit that could not read has no report, and 2.
    package var exitCode: Int32 {
        if self.violations.total > 0 { return 1 }
        return self.undecided.isEmpty ? 0 : 3
    }
}
