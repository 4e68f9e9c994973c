import Coordination
import Ethereum
import EthereumRPC
import Evidence
import RESP
import Redis

/// The checks of lanes as a whole: their sorted sets, their counters, their nonces and their senders' balances.
extension FaucetPass {
    // MARK: Sorted sets

    /// Looks for members of lanes whose records are gone, or elsewhere.
    mutating func checkMembers() async throws(AuditError) {
        let keep = Int64(self.options.keep / .milliseconds(1))
        for lane in self.lanes.sorted(by: { $0.text < $1.text }) {
            var expired: Set<String> = []
            var suspects: [(id: String, isOpen: Bool)] = []
            for member in self.bound[lane] ?? [] where self.places[member.id] != lane {
                if let place = self.places[member.id] {
                    // An era's lane remembers what went on to a later one.
                    if place.era <= lane.era { suspects.append((member.id, false)) }
                } else if let created = AuditedDistribution.created(member.id),
                    created.milliseconds + keep >= self.time.milliseconds
                {
                    suspects.append((member.id, false))
                } else {
                    expired.insert(member.id)
                }
            }
            self.report.expired += expired.count
            for member in self.open[lane] ?? [] where self.places[member.id] != lane {
                suspects.append((member.id, true))
            }
            for suspect in suspects { try await self.checkMember(suspect.id, of: lane, isOpen: suspect.isOpen) }
        }
    }

    /// First the record, then the place: a record that went elsewhere has left its place before.
    private mutating func checkMember(
        _ id: String,
        of lane: LaneName,
        isOpen: Bool
    ) async throws(AuditError) {
        let key = isOpen ? FaucetKeys.open(lane) : FaucetKeys.bound(lane)
        guard let record = try await self.reader.records([id]).first, record.lane != lane else { return }
        let score = try await self.reader.send(RedisCommand("ZSCORE", .key(key), .text(id)))
        guard score != .null else { return }
        guard let place = record.lane else {
            // A record that is there and is no distribution was told already.
            guard !record.isThere else { return }
            return self.report.violate(.recordMissing, record.key, "a record, as \(key) says", "none")
        }
        guard isOpen || place.era <= lane.era else { return }
        self.report.violate(isOpen ? .openWrong : .boundWrong, key, "no \(id)", "in \(place.text)")
    }

    // MARK: Nonces

    mutating func checkLanes() async throws(AuditError) {
        for lane in self.lanes.sorted(by: { $0.text < $1.text }) {
            let counter = try await self.checkCounter(lane)
            guard lane.era == self.era?.number, var book = self.books[lane.sender] else { continue }
            book.counter = counter
            book.openCount = self.open[lane]?.count ?? 0
            self.books[lane.sender] = book
            try await self.checkStrays(of: lane.sender)
            try await self.checkGaps(of: lane.sender)
            try await self.finish(lane.sender)
        }
    }

    /// Counters only rise, so what was read before must be below.
    private mutating func checkCounter(_ lane: LaneName) async throws(AuditError) -> UInt64? {
        let highest = self.bound[lane]?.map(\.nonce).max()
        var number = 0
        while true {
            let reply = try await self.reader.send(RedisCommand("GET", .key(FaucetKeys.nonce(lane))))
            let counter = reply.string.flatMap { UInt64($0) }
            let used = lane.era == self.era?.number ? self.books[lane.sender]?.chainNonce ?? 0 : 0
            let floor = max(highest.map { $0 + 1 } ?? 0, used)
            // A lane that has never looked at its chain has no counter yet.
            guard highest != nil || counter != nil, counter ?? 0 < floor else { return counter }
            number += 1
            guard number <= Self.tries else {
                self.report.violate(.counterLow, FaucetKeys.nonce(lane), "\(floor) or more", reply.string ?? "none")
                return counter
            }
            try await self.wait(number)
        }
    }

    /// A transaction of a nonce that a record had in vain is mined, and no other record's: the record paid twice.
    private mutating func checkStrays(of sender: Address) async throws(AuditError) {
        let own = self.hashes[self.era?.number ?? 0] ?? [:]
        for (id, mined) in self.strays where mined.transaction.sender == sender {
            // Another record of the same recipient may have got the same nonce, and so the very same transaction.
            guard own[mined.receipt.transaction] ?? id == id else { continue }
            self.books[sender]?.add(mined, delivered: mined.receipt.isSuccess ? mined.transaction.value : nil)
            self.books[sender]?.bound[mined.transaction.nonce] = id
            let expected = "nothing of nonce \(mined.transaction.nonce) mined"
            self.report.violate(.paidTwice, FaucetKeys.distribution(id), expected, mined.receipt.transaction)
        }
    }

    /// Nonces that are used up and that no record has.
    private mutating func checkGaps(of sender: Address) async throws(AuditError) {
        guard let chain = self.chain, let book = self.books[sender] else { return }
        for gap in book.gaps {
            // Bytes of an earlier era may have been mined on this chain too.
            let old = (self.earlier[sender] ?? [:]).filter { gap.contains($0.key) }
            let facts = try await chain.facts(of: old.values.flatMap { $0 })
            for one in facts.mined.values where gap.contains(one.transaction.nonce) {
                self.books[sender]?.add(one, delivered: one.receipt.isSuccess ? one.transaction.value : nil)
                self.books[sender]?.bound[one.transaction.nonce] = ""
            }
            let key = FaucetKeys.bound(book.lane)
            let late = try await self.reader.nonces(key, from: gap.lowerBound, to: gap.upperBound) ?? []
            for member in late { self.books[sender]?.bound[member.nonce] = member.id }
        }
        for gap in self.books[sender]?.gaps ?? [] {
            let losers = book.lost.filter { gap.contains($0.key) }.map { "\($0.key) was \($0.value)'s" }.sorted()
            let text = gap.count == 1 ? "nonce \(gap.lowerBound)" : "nonces \(gap.lowerBound) to \(gap.upperBound)"
            let found = ([text] + losers.prefix(3)).joined(separator: "; ")
            self.report.violate(.foreign, FaucetKeys.lane(book.lane), "a record of each nonce", found)
        }
    }

    // MARK: Balances

    private mutating func finish(_ sender: Address) async throws(AuditError) {
        guard let book = self.books[sender] else { return }
        self.report.senders.append(
            FaucetAudit.Sender(
                address: sender,
                chainNonce: book.chainNonce,
                counter: book.counter,
                balance: book.balance,
                open: book.openCount,
                delivered: book.deliveredCount,
                deliveredWei: book.deliveredWei,
                feesWei: book.feesWei,
                usedBefore: book.usedBefore,
                proof: try await self.checkBalance(book)
            )
        )
    }

    /// The sum that has left the sender must be the one that its mined transactions took.
    ///
    /// Coins may come in from anywhere at any time, so that only missing ones are a violation.
    private mutating func checkBalance(
        _ book: LaneBook
    ) async throws(AuditError) -> FaucetAudit.Sender.Balance {
        guard let chain = self.chain, let first = book.firstSpent, let block = book.spent[first]?.block, block > 0
        else { return .skipped("nothing was mined, or the last transaction is no record's") }
        var base = block - 1
        var account: (nonce: UInt64, balance: Wei)
        switch try await chain.account(book.lane.sender, at: base) {
        case .success(let before): account = before
        case .failure(let fault): return .skipped("the node does not tell old balances: \(Self.text(fault))")
        }
        if account.nonce < first {
            // Something else of the sender is in the same block: it begins behind that.
            base = block
            guard case .success(let behind) = try await chain.account(book.lane.sender, at: base) else {
                return .skipped("the node does not tell old balances")
            }
            account = behind
        }
        guard let cost = book.cost(from: account.nonce, behind: base), let sum = book.balance.adding(cost) else {
            return .skipped("the node does not tell the price of gas, or the chain has gone back")
        }
        if let received = sum.subtracting(account.balance) { return .proven(received: received) }
        let found = "\(account.balance.subtracting(sum) ?? .zero) wei more"
        self.report.violate(.balanceWrong, FaucetKeys.lane(book.lane), "\(cost) wei gone since block \(base)", found)
        return .violated
    }

    private static func text(_ fault: RPCFault) -> String {
        switch fault {
        case .refused(let refusal): refusal.text
        case .missing: "no answer"
        case .malformed: "a strange answer"
        }
    }
}
