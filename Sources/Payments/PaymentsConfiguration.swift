package import Coordination
package import Outbound

/// How payments are carried out.
package struct PaymentsConfiguration: Sendable {
    /// How a payment is carried out.
    package enum Steps: String, Hashable, Sendable, CaseIterable {
        /// Both locks in one script, both entries in another: for one Redis that is no Cluster.
        case oneScript = "one-script"
        /// All of it in one script, in which both locks are taken and given back: the same Redis, and less work for it.
        case oneStep = "one-step"
        /// Debit, credit and end, each a script of one shard: for a Cluster.
        case twoShard = "two-shard"
    }

    /// Default: all in one step.
    package var steps = Steps.oneStep
    /// What an accepted payment and its steps get; default `local`.
    package var durability = Durability.local
    /// How long idempotency records are kept; default 24 h.
    package var idempotencyKeep = Duration.seconds(86_400)
    /// How long a lock outlives a worker that is gone; default 5 s.
    package var lease = Duration.seconds(5)
    /// Failed tries after which a payment becomes a dead letter; default 20.
    package var deliveryLimit = 20
    /// First wait after a failed try; doubles with each.
    ///
    /// Default 100 ms, at most 5 s.
    package var firstBackoff = Duration.milliseconds(100)
    /// Unfinished payments of one shard; more are refused.
    ///
    /// Default 10,000.
    package var queueLimit = 10_000
    /// Operations that may wait for one payer; more are refused.
    ///
    /// Default 5000.
    package var accountLimit = 5000
    /// How long a payment can be looked up once it has ended; default 35 days.
    package var keep = Duration.seconds(35 * 86_400)
    /// Connections of one instance that wait for payments: long polls and event streams together.
    ///
    /// Default 2000.
    package var watchLimit = 2000
    /// Those of one API key; default 500.
    package var callerWatchLimit = 500
    /// Where callbacks may lead.
    package var policy: EndpointPolicy
    /// Whether there is a secret to sign callbacks with; without one none is accepted.
    package var signsCallbacks = false

    package init(policy: EndpointPolicy) {
        self.policy = policy
    }

    var leaseMilliseconds: Int { Int(self.lease / .milliseconds(1)) }
    var keepMilliseconds: Int { Int(self.keep / .milliseconds(1)) }
    var idempotencyKeepMilliseconds: Int { Int(self.idempotencyKeep / .milliseconds(1)) }
    /// Until a sweeper looks at a payment: a lease, so that nobody is at work on it any more.
    var lookMilliseconds: Int { self.leaseMilliseconds }
}
