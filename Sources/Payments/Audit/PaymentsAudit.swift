package import Evidence
package import Ledger
package import Redis

/// Proves that payments and the ledger in Redis say the same, while the service goes on.
///
/// First the ledger is audited, which reads every entry; what payments left in accounts is kept. Then every payment's
/// record is read and compared with that (``RecordCheck``), then locks and queues (``LeftoverCheck``), then what is on
/// its way (``TransitSum``). Nothing is written. In memory it keeps the names of accounts and of payments, with some
/// numbers each.
package struct PaymentsAudit: Sendable {
    /// The payments to look at, and the rules that they are held to.
    package struct Options: Sendable {
        /// `nil` for all that there are.
        package var currency: Currency?
        /// Whether every payment must have ended.
        package var isSettled = false
        /// How long a record stays once its payment has ended: entries that are older may have none.
        package var keep = Duration.seconds(35 * 86_400)
        /// Picks the accounts whose memory is measured.
        package var seed: UInt64 = 1

        package init() {}
    }

    /// How many payments are asked for at once.
    static let batchLimit = 200

    private let redis: any RedisClient
    private let options: Options

    package init(redis: any RedisClient, _ options: Options = Options()) {
        self.redis = redis
        self.options = options
    }

    /// Reads everything once, and what moved meanwhile a few times more.
    ///
    /// `progress` is called at most once a second, from any thread.
    package func run(
        progress: @escaping @Sendable (AuditProgress) -> Void = { _ in }
    ) async throws(AuditError) -> Report {
        let meter = AuditMeter(["keys", "accounts", "entries", "payments"], progress)
        let marks = PaymentMarks()
        let ledger = try await LedgerAudit(
            redis: self.redis,
            currency: self.options.currency,
            seed: self.options.seed,
            tap: marks.tap
        ).run(meter)
        var pass = PaymentsPass(reader: StoreReader(self.redis), marks: marks, meter: meter, options: self.options)
        try await pass.run()
        var report = pass.report
        report.ledger = ledger
        report.elapsed = meter.elapsed - ledger.elapsed
        return report
    }
}
