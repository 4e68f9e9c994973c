package import EthereumRPC
package import Evidence
package import Redis

/// Proves that the faucet's records and its chain say the same, while the faucet goes on.
///
/// First it looks how high the chain is, then it reads which nonces each lane has given out, then every record and what
/// became of its transactions (``RecordCheck``), then it looks for nonces that nobody has, and compares what has left
/// each sender with what its records say (``LaneBook``). Anything that looks wrong is read again a few times before it
/// is told, since records move on meanwhile. Nothing is written. In memory it keeps the names of all distributions and
/// of their transactions, with some numbers each.
package struct FaucetAudit: Sendable {
    /// The rules that records are held to, and the pause before they are read again.
    package struct Options: Sendable {
        /// Whether every distribution must be over.
        package var isSettled = false
        /// How long a record stays once its distribution is over.
        package var keep = Duration.seconds(35 * 86_400)
        /// Before what looks wrong is read again; each further time it is longer by as much.
        package var pause = Duration.milliseconds(300)

        package init() {}
    }

    /// How many records are asked for at once.
    static let batchLimit = 200

    private let redis: any RedisClient
    private let nodes: EthereumNodes
    private let options: Options

    /// `nodes` need not run: they are probed when they are needed.
    package init(redis: any RedisClient, nodes: EthereumNodes, _ options: Options = Options()) {
        self.redis = redis
        self.nodes = nodes
        self.options = options
    }

    /// Reads everything once, and what looks wrong a few times more.
    ///
    /// `progress` is called at most once a second.
    package func run(
        progress: @escaping @Sendable (AuditProgress) -> Void = { _ in }
    ) async throws(AuditError) -> Report {
        let meter = AuditMeter(["keys", "records"], progress)
        var pass = FaucetPass(reader: StoreReader(self.redis), nodes: self.nodes, options: self.options, meter: meter)
        try await pass.run()
        var report = pass.report
        report.elapsed = meter.elapsed
        return report
    }
}
