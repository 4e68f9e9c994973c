package import Coordination
package import Outbound

/// How payments are carried out.
package struct PaymentsConfiguration: Sendable {
    /// How a payment is carried out.
    package enum Steps: String, Hashable, Sendable, CaseIterable {
        /// One worker does all of it in one script, which takes both locks and gives them back.
        ///
        /// For one Redis that is no Cluster.
        case whole
        /// One worker takes both locks and hands the payment on in a second queue; another one moves the money, marks
        /// the payment as done and gives the locks back.
        ///
        /// Each step is a script of one shard, so that it runs on one Redis as on a Cluster.
        case split
    }

    /// Default: whole.
    package var steps = Steps.whole
    /// The durability of an accepted payment and of its steps; default `local`.
    package var durability = Durability.local
    /// How long idempotency records are kept; default 24 h.
    package var idempotencyKeep = Duration.seconds(86_400)
    /// How long a lock outlives a worker that is gone; default 5 s.
    package var lease = Duration.seconds(5)
    /// Failed tries after which a payment becomes a dead letter; default 20.
    package var deliveryLimit = 20
    /// Tries up to which a payment that workers left is worked on beside others; from then on it is by itself.
    var attemptsTogether: Int { min(3, self.deliveryLimit - 1) }
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
    /// Connections of one API key that wait for payments; default 500.
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
