import Coordination
import Evidence
import Ledger
import RESP
import Redis

/// The findings of an audit of payments so far, behind the one of the ledger that filled the marks.
struct PaymentsPass {
    private let reader: StoreReader
    private let marks: PaymentMarks
    private let meter: AuditMeter
    private let options: PaymentsAudit.Options
    private(set) var report = PaymentsAudit.Report()
    private var locks: [Account] = []
    private var queues: [Account] = []
    /// By shard: those to look at.
    private var payments: [Shard: Set<PaymentID>] = [:]
    private var oldest: ServerTime?
    private var last = ServerTime(milliseconds: .min)

    init(reader: StoreReader, marks: PaymentMarks, meter: AuditMeter, options: PaymentsAudit.Options) {
        self.reader = reader
        self.marks = marks
        self.meter = meter
        self.options = options
    }

    mutating func run() async throws(AuditError) {
        // Before the records are read, because what they say of entries is compared with what was read earlier.
        for id in self.marks.payments { self.payments[id.home, default: []].insert(id) }
        try await self.search()
        for shard in Shard.all { try await self.list(shard) }
        for shard in Shard.all { try await self.visit(shard) }
        if let oldest = self.oldest {
            self.report.oldest = .milliseconds(max(self.last.milliseconds - oldest.milliseconds, 0))
        }
        var leftovers = LeftoverCheck(reader: self.reader, currency: self.options.currency)
        self.report.add(try await leftovers.run(locks: self.locks, queues: self.queues))
        let currencies = self.options.currency.map { [$0] } ?? Array(self.marks.currencies)
        var transit = TransitSum(reader: self.reader, marks: self.marks, meter: self.meter)
        let outcome = try await transit.run(currencies.sorted { $0.code < $1.code })
        self.report.add(outcome.violations)
        self.report.undecided += outcome.undecided
    }

    // MARK: What is there

    /// Walks Redis for records, locks and queues.
    private mutating func search() async throws(AuditError) {
        // `SCAN` may give a key twice.
        var (locks, queues): (Set<Account>, Set<Account>) = ([], [])
        var (misplaced, unknown): ([String: PaymentID], Set<String>) = ([:], [])
        var payments: [PaymentID] = []
        try await self.reader.scan(PaymentKeys.pattern) { keys in
            for key in keys {
                switch PaymentKeys.owner(of: key) {
                case .payment(let id): payments.append(id)
                case .lock(let account): locks.insert(account)
                case .waiters(let account): queues.insert(account)
                case .misplaced(let id): misplaced[key] = id
                case .other: break
                case nil: unknown.insert(key)
                }
            }
        }
        for id in payments { self.payments[id.home, default: []].insert(id) }
        (self.locks, self.queues) = (Array(locks), Array(queues))
        for (key, id) in misplaced.sorted(by: { $0.key < $1.key }) {
            self.report.violate(.wrongShard, key, id.home.tag, key)
        }
        for key in unknown.sorted() { self.report.violate(.unknownKey, key, "a payment in its shard", key) }
    }

    /// Adds the members of a shard's sets to those to look at.
    private mutating func list(_ shard: Shard) async throws(AuditError) {
        let sets: [(String, PaymentsAudit.Kind)] = [
            (PaymentKeys.open(shard), .openStray), (PaymentKeys.dead(shard), .deadStray),
            (PaymentKeys.flight(shard), .flightWrong),
        ]
        for (key, kind) in sets {
            let type = try await self.reader.send(RedisCommand("TYPE", .key(key))).string ?? ""
            guard type == "zset" else {
                if type != "none" {
                    self.report.violate(.wrongType, key, "zset", type)
                }
                continue
            }
            var members: Set<PaymentID> = []
            var strangers: Set<String> = []
            try await self.reader.members(key) { text in
                if let id = PaymentID(text), id.home == shard { members.insert(id) } else { strangers.insert(text) }
            }
            self.payments[shard, default: []].formUnion(members)
            for text in strangers.sorted() { self.report.violate(kind, key, "a payment of this shard", text) }
        }
    }

    // MARK: Payments

    private mutating func visit(_ shard: Shard) async throws(AuditError) {
        let ids = (self.payments.removeValue(forKey: shard) ?? []).sorted { $0.text < $1.text }
        for batch in ids.slices(of: PaymentsAudit.batchLimit) {
            let records = try await self.reader.records(batch, shard).filter { self.isWanted($0) }
            let checks = records.map { PaymentCheck($0, keep: self.options.keep) }
            for check in checks {
                self.count(check.record)
                self.report.add(check.shape())
                // With no more entries than were read before the record: the accounts are read on below.
                self.report.add(check.strays(self.marks.trace(of: check.record.id)))
            }
            try await self.find(checks)
            self.meter.add("payments", records.count)
        }
    }

    /// Whether the payment is of the currency that is looked at; what is no payment is of all.
    private func isWanted(_ record: AuditedPayment) -> Bool {
        guard let currency = self.options.currency, let payment = record.payment else { return true }
        return payment.from.currency == currency || payment.to.currency == currency
    }

    /// Looks for the entries that records speak of in what the accounts got since they were read.
    private mutating func find(_ checks: [PaymentCheck]) async throws(AuditError) {
        var seen: Set<Account> = []
        for check in checks {
            for (_, account) in check.missing(self.marks.trace(of: check.record.id)) where !seen.contains(account) {
                _ = try await self.reader.catchUp(account, self.marks)
                seen.insert(account)
            }
            for (kind, account) in check.missing(self.marks.trace(of: check.record.id)) {
                self.report.violations.append(check.absence(kind, in: account))
            }
        }
    }

    private mutating func count(_ record: AuditedPayment) {
        self.last = max(self.last, record.time)
        guard let payment = record.payment else { return }
        self.report.states[payment.state, default: 0] += 1
        guard !payment.state.isTerminal else {
            if record.open != nil { self.report.unswept += 1 }
            return
        }
        self.oldest = min(self.oldest ?? payment.created, payment.created)
        if record.isDead {
            self.report.dead += 1
            if self.report.letters.count < PaymentsAudit.Report.letterLimit {
                self.report.letters.append(PaymentsAudit.Letter(payment: record.id.text, reason: payment.dead ?? ""))
            }
        }
        if self.options.isSettled {
            let found = record.isDead ? "a dead letter" : payment.state.rawValue
            self.report.violate(.unfinished, record.key, "a payment that has ended", found)
        }
    }
}
