package import Ethereum

/// All that a check of coins needs to know; a missing part was not asked for.
package struct CoinEvidence: Sendable {
    package let recipients: Recipients
    /// By the number of the request.
    package let records: [DistributionRecord]
    /// Of those that were accepted.
    package var ends: [Int: DistributionEnd] = [:]
    /// The transactions that the chain has.
    package var transactions: [Hash32: NodeTransaction] = [:]
    /// Of each recipient; empty when the chain is not checked.
    package var before: [Wei] = []
    package var after: [Wei] = []

    package init(_ recipients: Recipients, _ records: [DistributionRecord]) {
        self.recipients = recipients
        self.records = records
    }

    /// Transactions that are named in answers, or deliver something.
    package var hashes: Set<Hash32> {
        var hashes = Set(self.records.compactMap { $0.answer?.hash })
        for case .delivered(let hash, _) in self.ends.values { hashes.insert(hash) }
        return hashes
    }

    /// The transactions that each nonce of each sender delivered something with.
    package var nonces: [Address: [UInt64: Set<Hash32>]] {
        var nonces: [Address: [UInt64: Set<Hash32>]] = [:]
        for case .delivered(let hash, _) in self.ends.values {
            guard let transaction = self.transactions[hash] else { continue }
            nonces[transaction.from, default: [:]][transaction.nonce, default: []].insert(hash)
        }
        return nonces
    }

    package func name(_ number: Int) -> String {
        let id = self.records[number].answer?.id ?? "none"
        return "\(id), distribution \(number) to \(self.recipients[number])"
    }
}
