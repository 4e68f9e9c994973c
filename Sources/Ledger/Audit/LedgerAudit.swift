package import Evidence
package import Redis

/// Proves that the ledger in Redis is whole, while the service goes on changing it.
///
/// Each account is read at one instant (``AccountReader``) and each shard is added up at one instant (``ShardSum``);
/// what cannot be had at one instant is called undecided, never violated. No read holds Redis up for more than some
/// milliseconds, and nothing is written. In memory it keeps the names of all accounts, some 100 bytes each, and of the
/// accounts that are being read a slice of entries and all references and operations.
package struct LedgerAudit: Sendable {
    /// How many entries are asked for at once.
    package static let sliceLimit = 500
    /// How often a shard whose sum could not be had is read anew.
    private static let tries = 5
    private static let pause = Duration.milliseconds(100)

    private let redis: any RedisClient
    private let currency: Currency?
    private let seed: UInt64
    private let tap: AuditTap?

    /// Looks at one currency, or at all that there are when `currency` is `nil`.
    ///
    /// `seed` picks the accounts whose memory is measured; `tap` gets all that is read of payments.
    package init(redis: any RedisClient, currency: Currency?, seed: UInt64 = 1, tap: AuditTap? = nil) {
        self.redis = redis
        self.currency = currency
        self.seed = seed
        self.tap = tap
    }

    /// Reads everything once, and shards whose sum could not be had a few times more.
    ///
    /// `progress` is called at most once a second, from any thread.
    package func run(
        progress: @escaping @Sendable (AuditProgress) -> Void = { _ in }
    ) async throws(AuditError) -> Report {
        try await self.run(AuditMeter(["keys", "accounts", "entries"], progress))
    }

    /// As part of another audit, which counts on with the same meter.
    package func run(_ meter: AuditMeter) async throws(AuditError) -> Report {
        let reader = StoreReader(self.redis)
        var pass = AuditPass(reader: reader, meter: meter, currency: self.currency, seed: self.seed, tap: self.tap)
        var open = try await pass.shards()
        for number in 0..<Self.tries where !open.isEmpty {
            if number > 0 { try await StoreReader.wait(Self.pause * number) }
            open = try await pass.visit(open, isFirst: number == 0)
        }
        pass.giveUp(on: open)
        var report = pass.report
        report.memory = try await pass.sample.measure(reader)
        report.elapsed = meter.elapsed
        return report
    }
}

/// A listener to the entries that an audit reads: called from any task, for each account in order of its entries.
package struct AuditTap: Sendable {
    /// An entry that a payment made.
    package let payment: @Sendable (Account, Entry) -> Void
    /// Behind the last entry of an account: how many were read.
    package let end: @Sendable (Account, Int) -> Void

    package init(
        payment: @escaping @Sendable (Account, Entry) -> Void,
        end: @escaping @Sendable (Account, Int) -> Void
    ) {
        self.payment = payment
        self.end = end
    }
}
