import Coordination
import Ethereum
import EthereumRPC
import Evidence

/// One walk over all records of the faucet.
struct FaucetPass {
    /// A nonce, or a transaction, that two records have, and only one may.
    struct Conflict: Hashable {
        let kind: FaucetAudit.Kind
        let first: String
        let second: String
    }

    static let tries = 3

    let reader: StoreReader
    let options: FaucetAudit.Options
    private let nodes: EthereumNodes
    private let meter: AuditMeter

    var report = FaucetAudit.Report()
    var era: Era?
    /// `nil` before the first era.
    var chain: FaucetChainReader?
    var time = ServerTime(milliseconds: 0)
    private var ids: Set<String> = []
    var lanes: Set<LaneName> = []
    /// The senders of the era that is.
    var books: [Address: LaneBook] = [:]
    /// The distributions of lanes with their nonces, as the lanes' sorted sets say.
    var bound: [LaneName: [(id: String, nonce: UInt64)]] = [:]
    var open: [LaneName: [(id: String, nonce: UInt64)]] = [:]
    /// Where each record is.
    var places: [String: LaneName] = [:]
    /// The record that has a nonce, or a transaction, of an era.
    private var nonces: [LaneName: [UInt64: String]] = [:]
    var hashes: [Int64: [Hash32: String]] = [:]
    private var conflicts: Set<Conflict> = []
    /// Mined transactions of nonces that records had in vain.
    var strays: [(id: String, mined: ChainFacts.Mined)] = []
    /// Transactions of earlier eras, by sender and nonce: their bytes may have been mined on this chain.
    var earlier: [Address: [UInt64: [Hash32]]] = [:]
    private var suspects: [String: Set<FaucetAudit.Kind>] = [:]

    init(
        reader: StoreReader,
        nodes: EthereumNodes,
        options: FaucetAudit.Options,
        meter: AuditMeter
    ) {
        self.reader = reader
        self.nodes = nodes
        self.options = options
        self.meter = meter
    }

    mutating func run() async throws(AuditError) {
        self.era = try await self.reader.era()
        self.report.era = self.era?.number
        self.time = try await self.reader.time()
        try await self.scan()
        if let era = self.era {
            self.chain = try await FaucetChainReader(self.nodes, of: era.chain)
            try await self.openBooks(era)
        }
        try await self.readMembers()
        try await self.readRecords()
        try await self.lookAgain()
        try await self.checkConflicts()
        try await self.checkMembers()
        try await self.checkLanes()
        if try await self.reader.era() != self.era {
            self.report.leave(FaucetKeys.era, "a new era began")
        }
    }

    func wait(_ count: Int) async throws(AuditError) { try await StoreReader.wait(self.options.pause * count) }

    // MARK: Finding

    private mutating func scan() async throws(AuditError) {
        var ids: Set<String> = []
        var lanes: Set<LaneName> = []
        var unknown: Set<String> = []
        var count = 0
        try await self.reader.scan(FaucetKeys.pattern) { names in
            count += names.count
            for name in names {
                switch FaucetKeys.owner(of: name) {
                case .distribution(let id): ids.insert(id)
                case .lane(let lane): lanes.insert(lane)
                case nil: unknown.insert(name)
                case .other: break
                }
            }
        }
        (self.ids, self.lanes) = (ids, lanes)
        for name in unknown.sorted() {
            self.report.violate(.unknownKey, name, "a key of the faucet", "another")
        }
        self.meter.add("keys", count)
    }

    private mutating func openBooks(_ era: Era) async throws(AuditError) {
        guard let chain = self.chain else { return }
        for lane in self.lanes where lane.era == era.number {
            let account = try await chain.account(lane.sender)
            self.books[lane.sender] = LaneBook(
                lane,
                head: account.head,
                chainNonce: account.nonce,
                balance: account.balance
            )
        }
    }

    private mutating func readMembers() async throws(AuditError) {
        for lane in self.lanes {
            for (key, isOpen) in [(FaucetKeys.bound(lane), false), (FaucetKeys.open(lane), true)] {
                guard let members = try await self.reader.nonces(key) else {
                    self.report.violate(.wrongType, key, "zset", "another type")
                    continue
                }
                self.ids.formUnion(members.map(\.id))
                if isOpen { self.open[lane] = members } else { self.bound[lane] = members }
            }
            guard lane.era == self.era?.number else { continue }
            for member in self.bound[lane] ?? [] { self.books[lane.sender]?.bound[member.nonce] = member.id }
        }
    }

    // MARK: Records

    private mutating func readRecords() async throws(AuditError) {
        for batch in self.ids.sorted().slices(of: FaucetAudit.batchLimit) {
            for (record, facts, check) in try await self.look(batch) {
                self.count(record)
                self.note(record, facts)
                guard !check.violations.isEmpty || check.undecided != nil else { continue }
                self.suspects[record.id] = Set(check.violations.map(\.kind))
            }
            self.meter.add("records", batch.count)
        }
        self.ids = []
    }

    /// Reads records, and then what became of their transactions.
    private func look(
        _ ids: [String]
    ) async throws(AuditError) -> [(record: AuditedDistribution, facts: ChainFacts, check: DistributionCheck)] {
        let records = try await self.reader.records(ids)
        let present = records.filter { $0.distribution?.era == self.era?.number }
        let facts = try await self.chain?.facts(of: present.flatMap(\.allHashes)) ?? ChainFacts()
        return records.map { record in
            let check = DistributionCheck(
                record,
                era: self.era,
                facts: facts,
                usedBelow: record.distribution.flatMap { self.books[$0.sender]?.chainNonce } ?? 0,
                isSettled: self.options.isSettled
            )
            return (record, facts, check)
        }
    }

    private mutating func count(_ record: AuditedDistribution) {
        guard let distribution = record.distribution else { return }
        self.report.states[distribution.state, default: 0] += 1
        if distribution.isFiller { self.report.fillers += 1 }
        if distribution.era != self.era?.number { self.report.earlier += 1 }
        guard !distribution.state.isTerminal else { return }
        let age = Duration.milliseconds(max(0, self.time.milliseconds - distribution.created.milliseconds))
        self.report.oldest = max(self.report.oldest ?? .zero, age)
    }

    /// Keeps what has to be compared with other records.
    private mutating func note(_ record: AuditedDistribution, _ facts: ChainFacts) {
        guard let distribution = record.distribution, let lane = record.lane else { return }
        self.places[record.id] = lane
        let other = self.nonces[lane, default: [:]].updateValue(record.id, forKey: distribution.nonce)
        if let other, other != record.id {
            self.conflicts.insert(Conflict(kind: .nonceRepeated, first: other, second: record.id))
        }
        for hash in distribution.hashes {
            let other = self.hashes[lane.era, default: [:]].updateValue(record.id, forKey: hash)
            guard let other, other != record.id else { continue }
            self.conflicts.insert(Conflict(kind: .hashRepeated, first: other, second: record.id))
        }
        guard lane.era == self.era?.number else {
            self.earlier[lane.sender, default: [:]][distribution.nonce, default: []] += distribution.hashes
            return
        }
        self.books[lane.sender]?.bound[distribution.nonce] = record.id
        self.books[lane.sender]?.add(record, DistributionCheck.mined(record, facts))
        for hash in record.lostHashes where !distribution.hashes.contains(hash) {
            if let mined = facts.mined[hash] { self.strays.append((record.id, mined)) }
        }
    }

    // MARK: A second look

    /// Reads what looked wrong again, and tells what stays so.
    private mutating func lookAgain() async throws(AuditError) {
        var open = self.suspects
        for number in 1...Self.tries where !open.isEmpty {
            try await self.wait(number)
            try await self.refreshNonces()
            let isLast = number == Self.tries
            let head = isLast ? try await self.chain?.head() ?? 0 : 0
            for (record, facts, check) in try await self.look(open.keys.sorted()) {
                self.note(record, facts)
                let kinds = open[record.id, default: []].intersection(check.violations.map(\.kind))
                open[record.id] = kinds.isEmpty && check.undecided == nil ? nil : kinds
                guard isLast, open[record.id] != nil else { continue }
                self.tell(record, check, kinds, head: head)
            }
        }
    }

    /// The chain may have gone back since it was looked at first.
    private mutating func refreshNonces() async throws(AuditError) {
        guard let chain = self.chain else { return }
        for (sender, book) in self.books {
            let account = try await chain.account(sender)
            guard account.nonce < book.chainNonce else { continue }
            var lower = LaneBook(book.lane, head: account.head, chainNonce: account.nonce, balance: account.balance)
            (lower.bound, lower.spent, lower.lost) = (book.bound, book.spent, book.lost)
            self.books[sender] = lower
        }
    }

    private mutating func tell(
        _ record: AuditedDistribution,
        _ check: DistributionCheck,
        _ kinds: Set<FaucetAudit.Kind>,
        head: UInt64
    ) {
        let block = record.distribution?.block ?? 0
        let isAhead = block > head && !kinds.isDisjoint(with: [.notDelivered, .failedWrong])
        let reason = isAhead ? "it is in block \(block), and the node is at block \(head)" : check.undecided
        if let reason { self.report.leave(record.key, reason) }
        guard !isAhead else { return }
        self.report.add(check.violations.filter { kinds.contains($0.kind) })
    }

    private mutating func checkConflicts() async throws(AuditError) {
        for conflict in self.conflicts.sorted(by: { ($0.first, $0.second) < ($1.first, $1.second) }) {
            let records = try await self.reader.records([conflict.first, conflict.second])
            guard let first = records[0].distribution, let second = records[1].distribution,
                first.era == second.era
            else { continue }
            let common =
                switch conflict.kind {
                case .nonceRepeated where first.sender == second.sender && first.nonce == second.nonce:
                    "nonce \(first.nonce)"
                case .hashRepeated: first.hashes.first(where: second.hashes.contains)?.text
                default: nil as String?
                }
            guard let common else { continue }
            self.report.violate(conflict.kind, records[1].key, "its own", "\(common) of \(first.id)")
        }
    }
}
