import Ethereum
import EthereumRPC
import Evidence

/// Compares one record with its lane and with the chain: a value, which reads nothing itself.
struct DistributionCheck {
    private let record: AuditedDistribution
    private let distribution: Distribution?
    private let facts: ChainFacts
    private(set) var violations: [Violation<FaucetAudit.Kind>] = []
    /// Why it cannot be told what the record is worth; `nil` when it can.
    private(set) var undecided: String?

    /// `facts` has what the chain says of all of the record's transactions; `usedBelow` is the chain's next nonce of
    /// the sender, from before both were read.
    ///
    /// A record of an earlier era is not compared with them: its chain is gone.
    init(_ record: AuditedDistribution, era: Era?, facts: ChainFacts, usedBelow: UInt64, isSettled: Bool) {
        self.record = record
        self.distribution = record.distribution
        self.facts = facts
        guard let distribution = self.distribution else {
            if record.type == "hash" {
                self.tell(.recordInvalid, "the fields of a distribution", record.text)
            } else if record.isThere {
                self.tell(.wrongType, "hash", record.type)
            }
            return
        }
        self.checkFields(distribution)
        self.checkPlaces(distribution, isSettled: isSettled)
        guard let era, distribution.era <= era.number else {
            self.tell(.eraWrong, "at most \(era.map { String($0.number) } ?? "no era")", distribution.era)
            return
        }
        guard distribution.era == era.number else { return }
        self.checkBytes(distribution, chainID: era.chain.id)
        self.checkChain(distribution, usedBelow: usedBelow)
    }

    /// The record's own transactions that are in blocks.
    static func mined(_ record: AuditedDistribution, _ facts: ChainFacts) -> [ChainFacts.Mined] {
        (record.distribution?.hashes ?? []).compactMap { facts.mined[$0] }
    }

    private mutating func tell(
        _ kind: FaucetAudit.Kind,
        _ expected: some CustomStringConvertible,
        _ found: some CustomStringConvertible
    ) {
        self.violations.append(Violation(kind, self.record.key, expected, found))
    }

    // MARK: In Redis

    private mutating func checkFields(_ distribution: Distribution) {
        let hashes = distribution.hashes
        let isWhole =
            self.record.isReadable && Set(hashes).count == hashes.count && self.record.noops.isSubset(of: hashes)
            && [distribution.hash, distribution.minedHash].allSatisfy { $0.map(hashes.contains) ?? true }
        let needsBytes = distribution.state == .signed || distribution.state == .submitted
        if !isWhole || needsBytes && distribution.hash == nil {
            self.tell(.recordInvalid, "its newest and its mined transaction among all", self.record.text)
        }
    }

    private mutating func checkPlaces(_ distribution: Distribution, isSettled: Bool) {
        let isOver = distribution.state.isTerminal
        if self.record.expires != isOver {
            let expected = isOver ? "an end of its record" : "a record for good"
            self.tell(.expiryWrong, "\(distribution.state.rawValue): \(expected)", isOver ? "none" : "an end")
        }
        let expected = isOver ? nil : distribution.nonce
        if self.record.open != expected {
            self.tell(.openWrong, "\(distribution.state.rawValue): \(Self.text(expected))", Self.text(self.record.open))
        }
        if self.record.bound != distribution.nonce {
            self.tell(.boundWrong, Self.text(distribution.nonce), Self.text(self.record.bound))
        }
        if isSettled, !isOver { self.tell(.unfinished, "confirmed or failed", distribution.state.rawValue) }
    }

    private static func text(_ nonce: UInt64?) -> String { nonce.map { "nonce \($0)" } ?? "none" }

    /// The transaction that would be sent again must be the one that was asked for.
    private mutating func checkBytes(_ distribution: Distribution, chainID: UInt64) {
        guard !distribution.state.isTerminal, let hash = distribution.hash else { return }
        // Whatever is wrong with them, nobody would take them.
        guard let bytes = Hex.bytes(self.record.raw), let signed = try? SignedTransaction(raw: bytes) else {
            return self.tell(.bytesWrong, "a signed transaction", self.record.raw)
        }
        let transaction = signed.transaction
        let isNoop = self.record.noops.contains(hash)
        let expected = CoinTransfer(distribution, isNoop: isNoop)
        let found = CoinTransfer(
            sender: signed.sender,
            nonce: transaction.nonce,
            recipient: transaction.to,
            amount: transaction.value
        )
        if signed.hash != hash { self.tell(.bytesWrong, hash, signed.hash) }
        if found != expected { self.tell(.bytesWrong, expected, found) }
        if transaction.chainID != chainID {
            self.tell(.bytesWrong, "chain \(chainID)", "chain \(transaction.chainID)")
        }
    }

    // MARK: On the chain

    private mutating func checkChain(_ distribution: Distribution, usedBelow: UInt64) {
        let mined = Self.mined(self.record, self.facts)
        for one in mined { self.checkTransaction(one, distribution) }
        if mined.count > 1 {
            self.tell(
                .paidTwice,
                "one transaction in a block",
                mined.map(\.receipt.transaction.text).joined(separator: " ")
            )
        }
        guard distribution.state.isTerminal else {
            let isUnknown = !self.facts.unknown.isDisjoint(with: distribution.hashes)
            if mined.isEmpty, !isUnknown, distribution.nonce < usedBelow {
                self.tell(.foreign, "nonce \(distribution.nonce) used by its own transaction", "another's")
            }
            return
        }
        guard let one = mined.first else {
            guard self.facts.unknown.isDisjoint(with: distribution.hashes) else {
                self.undecided = "no node tells what became of its transactions"
                return
            }
            if distribution.isFiller, distribution.state == .failed {
                // It was not needed: somebody else's transaction has filled the hole.
                return self.tell(.foreign, "nonce \(distribution.nonce) used by its own transaction", "another's")
            }
            let kind = distribution.state == .confirmed ? FaucetAudit.Kind.notDelivered : .failedWrong
            return self.tell(kind, "one of its transactions in a block", "none of \(distribution.hashes.count)")
        }
        let isNoop = self.record.noops.contains(one.receipt.transaction)
        let isDelivered = one.receipt.isSuccess && !isNoop
        if distribution.state == .confirmed, !isDelivered {
            self.tell(.notDelivered, "a coin delivered", isNoop ? "a transaction of nothing" : "a reverted transaction")
        }
        let reason = isNoop ? "cancelled" : isDelivered ? "delivered" : "reverted"
        if distribution.state == .failed, distribution.reason != reason {
            self.tell(.failedWrong, distribution.reason, "\(reason) by \(one.receipt.transaction)")
        }
        self.checkReceipt(one, distribution)
    }

    private mutating func checkTransaction(_ mined: ChainFacts.Mined, _ distribution: Distribution) {
        let isNoop = self.record.noops.contains(mined.receipt.transaction)
        let expected = CoinTransfer(distribution, isNoop: isNoop)
        let found = CoinTransfer(
            sender: mined.transaction.sender,
            nonce: mined.transaction.nonce,
            recipient: mined.transaction.recipient,
            amount: mined.transaction.value
        )
        if found != expected { self.tell(.transactionWrong, expected, found) }
    }

    private mutating func checkReceipt(_ mined: ChainFacts.Mined, _ distribution: Distribution) {
        let receipt = mined.receipt
        var pairs: [(name: String, expected: String, found: String?)] = [
            ("mined_hash", receipt.transaction.text, distribution.minedHash?.text),
            ("block", String(receipt.blockNumber), distribution.block.map { String($0) }),
            ("block_hash", receipt.blockHash.text, distribution.blockHash?.text),
            ("gas_used", String(receipt.gasUsed), self.record.gasUsed.map { String($0) }),
        ]
        // Without a price in the receipt the record has one only if its lane knew what was paid.
        if receipt.gasPrice != nil || self.record.gasPrice != nil, let price = mined.gasPrice {
            pairs.append(("gas_price", price.decimal, self.record.gasPrice?.decimal ?? ""))
        }
        for pair in pairs where pair.expected != pair.found {
            self.tell(.receiptWrong, "\(pair.name) \(pair.expected)", pair.found ?? "none")
        }
    }
}

/// The sender, nonce, recipient and amount of a transaction.
private struct CoinTransfer: Hashable, CustomStringConvertible {
    let sender: Address
    let nonce: UInt64
    let recipient: Address?
    let amount: Wei

    init(sender: Address, nonce: UInt64, recipient: Address?, amount: Wei) {
        self.sender = sender
        self.nonce = nonce
        self.recipient = recipient
        self.amount = amount
    }

    /// The transfer that a record's transaction has to be.
    init(_ distribution: Distribution, isNoop: Bool) {
        self.sender = distribution.sender
        self.nonce = distribution.nonce
        self.recipient = isNoop ? distribution.sender : distribution.address
        self.amount = isNoop ? .zero : distribution.amount
    }

    var description: String {
        let recipient = self.recipient.map { "\($0)" } ?? "a new contract"
        return "nonce \(self.nonce) of \(self.sender): \(self.amount) wei to \(recipient)"
    }
}
