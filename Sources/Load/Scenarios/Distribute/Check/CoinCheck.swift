import Ethereum

/// Compares what was promised with what the service tells later and what the chain has, exactly.
package struct CoinCheck {
    private let evidence: CoinEvidence
    private var findings = Findings<DistributionViolation>()

    private init(_ evidence: CoinEvidence) { self.evidence = evidence }

    /// All that is wrong with the answers alone.
    package static func answers(_ evidence: CoinEvidence) -> Findings<DistributionViolation> {
        var check = CoinCheck(evidence)
        check.compareAnswers()
        check.compareEnds()
        return check.findings
    }

    /// All that is wrong on the chain.
    package static func chain(_ evidence: CoinEvidence) -> Findings<DistributionViolation> {
        var check = CoinCheck(evidence)
        check.compareTransactions()
        check.compareNonces()
        check.compareBalances()
        return check.findings
    }

    /// Each id and each transaction once, and all coins worth the same.
    private mutating func compareAnswers() {
        var ids: [String: Int] = [:]
        var hashes: [Hash32: Int] = [:]
        var amount: Wei?
        for (number, record) in self.evidence.records.enumerated() {
            guard let answer = record.answer else { continue }
            if let other = ids.updateValue(number, forKey: answer.id) {
                self.findings.add(.sharedID, "\(self.evidence.name(number)), and distribution \(other)")
            }
            if let hash = answer.hash, let other = hashes.updateValue(number, forKey: hash) {
                self.findings.add(.sharedHash, "\(hash), of distributions \(other) and \(number)")
            }
            if let amount, amount != answer.amount {
                self.findings.add(.amount, "\(self.evidence.name(number)): \(answer.amount) wei, not \(amount)")
            }
            amount = amount ?? answer.amount
        }
    }

    private mutating func compareEnds() {
        for number in self.evidence.ends.keys.sorted() {
            let name = self.evidence.name(number)
            switch self.evidence.ends[number] {
            case .delivered?, nil: break
            case .failed(let reason)?: self.findings.add(.failed, "\(name): \(reason)")
            case .open(let state)?: self.findings.add(.unfinished, "\(name): \(state)")
            case .unknown?: self.findings.add(.unknown, name)
            case .wrong(let reason)?: self.findings.add(.misread, "\(name): \(reason)")
            }
        }
    }

    /// A transaction that delivers a coin has succeeded and carries it to its recipient, and no other does.
    private mutating func compareTransactions() {
        for (number, record) in self.evidence.records.enumerated() {
            guard let promise = record.answer, case .delivered(let hash, let nonce)? = self.evidence.ends[number]
            else { continue }
            let name = "\(self.evidence.name(number)), \(hash)"
            guard let transaction = self.evidence.transactions[hash], let hasSucceeded = transaction.hasSucceeded
            else {
                self.findings.add(.noReceipt, name)
                continue
            }
            if !hasSucceeded { self.findings.add(.reverted, name) }
            if transaction.value != promise.amount {
                self.findings.add(.wrongValue, "\(name): \(transaction.value) wei, not \(promise.amount)")
            }
            if transaction.to != promise.address {
                self.findings.add(.wrongRecipient, "\(name): to \(transaction.to?.text ?? "a new contract")")
            }
            let isReplaced = promise.hash != nil && promise.hash != hash
            // A distribution may get another transaction, and even another nonce, but then it says so.
            if transaction.nonce != nonce || !isReplaced && nonce != promise.nonce {
                self.findings.add(.wrongNonce, "\(name): \(transaction.nonce), not \(nonce)")
            }
            if isReplaced, let first = promise.hash, self.evidence.transactions[first]?.hasSucceeded != nil {
                self.findings.add(.twice, "\(name), and before it \(first)")
            }
        }
    }

    /// Each sender's nonces are one after the other, but for what is not known to be delivered.
    private mutating func compareNonces() {
        let count = CoinCount(self.evidence)
        var spare = UInt64(count.doubtful + count.failed + count.unfinished)
        for (sender, used) in self.evidence.nonces.sorted(by: { $0.key.lowercased < $1.key.lowercased }) {
            let nonces = used.keys.sorted()
            for nonce in nonces where used[nonce, default: []].count > 1 {
                self.findings.add(.sharedNonce, "nonce \(nonce) of \(sender)")
            }
            for (nonce, next) in zip(nonces, nonces.dropFirst()) {
                let missing = next - nonce - 1
                if missing > spare {
                    self.findings.add(.gap, "\(missing) between nonces \(nonce) and \(next) of \(sender)")
                }
                spare -= min(missing, spare)
            }
        }
    }

    private mutating func compareBalances() {
        let count = CoinCount(self.evidence)
        guard let amount = count.amount else { return }
        for (place, address) in self.evidence.recipients.addresses.enumerated() {
            let (before, after) = (self.evidence.before[place], self.evidence.after[place])
            // No balance is ever so large that the sums do not fit.
            guard let least = amount.multiplied(by: count.least[place]).flatMap({ before.adding($0) }),
                let most = amount.multiplied(by: count.most[place]).flatMap({ before.adding($0) })
            else { continue }
            let name = "\(address): from \(before) to \(after) wei"
            if after < least {
                self.findings.add(.missingCoin, "\(name), not by \(count.least[place]) coins")
            } else if after > most {
                self.findings.add(.extraCoin, "\(name), not by \(count.most[place]) coins")
            } else if after.subtracting(before)?.divided(by: amount)?.remainder.isZero != true {
                self.findings.add(.oddRise, name)
            }
        }
    }
}
