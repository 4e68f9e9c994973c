package import Evidence
package import Redis

/// Proves that exactly as many coupons were issued as campaigns allow, each once, while the service goes on.
///
/// Of each campaign, or each part of a leased one, it first reads where it stands, in one script, and then its log up
/// to there, from the beginning (``LogCheck``). The states of coupons and the counts of users change meanwhile, but
/// only in ways that the log tells: so they are compared with the log up to a later place. Nothing is written. In
/// memory it keeps the users of one campaign where they have a limit, a few bytes for each coupon that has a user or
/// was used, and nothing of other coupons.
package struct CouponsAudit: Sendable {
    /// The campaigns to look at, and the tries to read a leased one.
    package struct Options: Sendable {
        /// `nil` for all campaigns.
        package var campaign: Int64?
        /// Tries to read a leased campaign and its parts while nothing is lent.
        package var leaseTries = 30
        /// Before another try; each further time it is longer by as much.
        package var pause = Duration.milliseconds(5)

        package init() {}
    }

    private let redis: any RedisClient
    private let keys: [CodeKey]
    private let options: Options

    /// `keys` are those that are configured; the one in Redis is found there.
    package init(redis: any RedisClient, keys: [CodeKey], _ options: Options = Options()) {
        self.redis = redis
        self.keys = keys
        self.options = options
    }

    /// Reads everything once.
    ///
    /// `progress` is called at most once a second.
    package func run(
        progress: @escaping @Sendable (AuditProgress) -> Void = { _ in }
    ) async throws(AuditError) -> Report {
        let meter = AuditMeter(["keys", "campaigns", "entries"], progress)
        var pass = CouponsPass(reader: StoreReader(self.redis), options: self.options, meter: meter)
        try await pass.run(self.keys)
        var report = pass.report
        report.elapsed = meter.elapsed
        return report
    }
}
