package import Coordination
package import Ethereum

/// The faucet as an operator sees it.
package struct FaucetStatus: Hashable, Sendable {
    /// The process that runs a sender's lane.
    package struct Holder: Hashable, Sendable {
        package let owner: String
        /// How long the lease lasts when nobody renews it.
        package let left: Duration
    }

    /// One sender's lane: its last look at the chain, and the distributions that wait in it.
    package struct Lane: Hashable, Sendable {
        package let sender: Address
        package let balance: Wei?
        /// The next nonce on the chain, counting mined transactions.
        package let chainNonce: UInt64?
        /// The next nonce that will be given out.
        package let counter: UInt64?
        /// Nonces below are paid for.
        package let limit: UInt64?
        package let open: Int
        /// How long ago the first of them was asked for.
        package let oldest: Duration?
        package let isPaused: Bool
        /// Why what is open waits; `nil` when nothing is open, or nothing in its way.
        package let waiting: Waiting?
        package let head: UInt64?
        /// The time since which the newest block has been the newest.
        package let headSince: ServerTime?
        /// How many transactions its node is given at once.
        package let window: Int?
        /// Distributions that had ended and are sent again: the chain has lost them.
        package let replaying: Int
        /// The offer for a unit of gas, as records have it.
        package let fee: String
        /// When the lane last looked at its chain, or said that it cannot.
        package let seen: ServerTime?
        package let holder: Holder?

        /// Nonces that are given out and not mined.
        package var drift: Int64? {
            guard let counter, let chainNonce else { return nil }
            return Int64(clamping: counter) - Int64(clamping: chainNonce)
        }

        /// Coins that can still be asked for before the balance is used up.
        package var left: UInt64? {
            guard let limit, let counter else { return nil }
            return limit - min(limit, counter)
        }
    }

    /// Redis's time.
    package let time: ServerTime
    /// `nil` before the first.
    package let era: Era?
    /// Distributions since midnight (UTC).
    package let today: Int
    /// Why no node can be used; `nil` when one can, or no worker is there to tell.
    package let chainTrouble: String?
    /// In order of their addresses.
    package let lanes: [Lane]
}
