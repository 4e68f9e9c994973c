import Ethereum

/// Asks the chain what it has of a load, when the distributions are over.
package struct DistributionJudge {
    /// Between two looks at what is not there yet.
    private static let pause = Duration.milliseconds(200)
    /// How long nodes may have more transactions of the senders: other senders' transactions are no reason to wait
    /// longer.
    private static let quietWait = Duration.seconds(10)

    private var chain: ChainReader
    /// The monotonic instant at which what is missing stays so.
    private let endsAt: Int64

    package init(_ chain: ChainReader, endsAt: Int64) {
        self.chain = chain
        self.endsAt = endsAt
    }

    /// Adds transactions and balances to the evidence, and compares.
    package mutating func judge(
        _ evidence: inout CoinEvidence
    ) async throws(LoadError) -> Findings<DistributionViolation> {
        do throws(LoadError) {
            evidence.transactions = try await self.transactions(of: evidence)
            // A coin too many may still be on its way.
            try await self.waitForQuiet(Array(Set(evidence.transactions.values.map(\.from))))
            evidence.after = try await self.chain.balances(of: evidence.recipients.addresses)
            return CoinCheck.chain(evidence)
        } catch .cancelled {
            throw .cancelled
        } catch {
            var findings = Findings<DistributionViolation>()
            findings.add(.unread, "\(error)")
            return findings
        }
    }

    /// A node may lag behind what the service tells.
    private mutating func transactions(of evidence: CoinEvidence) async throws(LoadError) -> [Hash32: NodeTransaction] {
        var wanted = evidence.hashes.sorted { $0.text < $1.text }
        var delivered: Set<Hash32> = []
        for case .delivered(let hash, _) in evidence.ends.values { delivered.insert(hash) }
        var known: [Hash32: NodeTransaction] = [:]
        while true {
            for (hash, transaction) in zip(wanted, try await self.chain.transactions(wanted)) {
                known[hash] = transaction
            }
            wanted = wanted.filter { delivered.contains($0) && known[$0]?.hasSucceeded == nil }
            guard !wanted.isEmpty, MonotonicClock.now < self.endsAt else { return known }
            try await Self.wait()
        }
    }

    private mutating func waitForQuiet(_ senders: [Address]) async throws(LoadError) {
        let givesUpAt = min(self.endsAt, MonotonicClock.now + Self.quietWait.nanoseconds)
        while true {
            if try await self.chain.isQuiet(senders) { return }
            guard MonotonicClock.now < givesUpAt else { return }
            try await Self.wait()
        }
    }

    private static func wait() async throws(LoadError) {
        do { try await Task.sleep(for: Self.pause) } catch { throw .cancelled }
    }
}
