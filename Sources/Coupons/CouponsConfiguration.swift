package import Coordination

/// How coupons are issued.
package struct CouponsConfiguration: Sendable {
    /// The durability of each change; default `local`.
    package var durability = Durability.local
    /// How long idempotency records are kept; default 24 h.
    package var idempotencyKeep = Duration.seconds(86_400)
    /// Most coupons of one campaign; default 1,000,000,000.
    package var quotaLimit: Int64 = 1_000_000_000
    /// Most codes in one GetCampaign; default 200,000.
    ///
    /// Beyond it the answer says that ListCoupons has them by page.
    package var codesLimit: Int64 = 200_000
    /// How long the hot route waits for Redis; default 2 s.
    package var deadline = Duration.seconds(2)
    /// How long a request may take that the hot route hands on; default 5 s.
    package var requestDeadline = Duration.seconds(5)
    /// Between two looks of a watch at its campaign; default 0.2 s.
    package var watchInterval = Duration.milliseconds(200)
    /// After this long without an event a watch tells the campaign's state; default 15 s.
    package var watchBeat = Duration.seconds(15)
    /// How long a part of a leased campaign says "sold out" by itself; default 1 s.
    package var dry = Duration.seconds(1)

    package init() {}

    var idempotencyKeepMilliseconds: Int { Int(self.idempotencyKeep / .milliseconds(1)) }
}
