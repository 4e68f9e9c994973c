package import Coordination

/// How the ledger keeps its books.
package struct LedgerConfiguration: Sendable {
    /// The one currency of all accounts; default USD.
    package var currency = Currency.usd
    /// The durability of a request that names none; default `local`.
    package var durability = Durability.local
    /// How long idempotency records are kept; default 24 h.
    package var idempotencyKeep = Duration.seconds(86_400)
    /// Operations that may wait for one account; more are refused.
    ///
    /// Default 1000.
    package var queueLimit = 1000
    /// How long a request waits for its turn before it is answered 202; default 4 s.
    package var queueWait = Duration.seconds(4)
    /// How long the record of an operation that had to wait can be looked up once settled; default 35 days.
    package var operationKeep = Duration.seconds(35 * 86_400)
    /// How long Redis may take for an add on the hot route; default 2 s.
    package var deadline = Duration.seconds(2)
    /// How long a request on the hot route may take as a whole; default 5 s.
    package var requestDeadline = Duration.seconds(5)
    /// Whether money is served although Redis is not set up to keep it; default no.
    package var servesUnsafeStore = false

    package init() {}

    var idempotencyKeepMilliseconds: Int { Int(self.idempotencyKeep / .milliseconds(1)) }
    var operationKeepMilliseconds: Int { Int(self.operationKeep / .milliseconds(1)) }
}
