package import Coordination
package import Evidence
package import NIOCore

/// Goes through one account, entry by entry, and says what is wrong with it: a value, which reads nothing itself.
///
/// Each kind of violation is told once for an account, where it shows first: after a break the check goes on with what
/// it found, so that one break is not told as many.
package struct AccountCheck: Sendable {
    package let account: Account
    /// How many entries there were at the instant of the first snapshot, which are those that are checked.
    package let length: Int
    package let referencesType: String
    package private(set) var violations: [Violation<LedgerAudit.Kind>] = []
    /// How many entries were checked so far.
    package private(set) var count = 0
    /// References to the transactions that have them.
    package private(set) var references: [String: String] = [:]
    package private(set) var lastPacked: ByteBuffer?

    private let cuts: [ServerTime]
    private let head: AccountHead?
    private var found: BalanceReading
    private var told: Set<LedgerAudit.Kind> = []
    private var operations: Set<Step> = []
    private var sum: Int128 = 0
    private var previous: Entry?
    /// `nil` behind an entry that could not be read.
    private var chain: String?
    private var sequence: Int64 = 0
    private var isWhole = true

    /// A change that an operation makes to the account once at most: a payment may leave it and come back.
    private struct Step: Hashable {
        let operation: String
        let kind: Entry.Kind

        init(_ operation: String, _ kind: Entry.Kind) {
            self.operation = operation
            self.kind = kind
        }
    }

    /// `cuts` are instants of Redis's clock.
    package init(_ account: Account, _ snapshot: AccountSnapshot, cuts: [ServerTime]) {
        self.account = account
        self.length = snapshot.length
        self.referencesType = snapshot.referencesType
        self.cuts = cuts
        self.chain = account.id
        self.head = snapshot.accountType == "hash" ? AccountHead(snapshot) : nil
        self.found = BalanceReading(
            account,
            balance: snapshot.accountType == "none" && snapshot.length == 0 ? 0 : self.head?.balance,
            cutCount: cuts.count,
            newest: ServerTime(milliseconds: .min)
        )
        self.checkKeys(snapshot)
    }

    /// The balances that the account brings to its shard's sum.
    package var reading: BalanceReading {
        var reading = self.found
        reading.isViolated = !self.violations.isEmpty
        return reading
    }

    package var entriesKey: String { LedgerKeys.entries(self.account) }

    /// Notes a violation, unless one of its kind was noted before.
    package mutating func tell(
        _ kind: LedgerAudit.Kind,
        _ key: String,
        at sequence: Int64? = nil,
        _ expected: some CustomStringConvertible,
        _ found: some CustomStringConvertible
    ) {
        guard self.told.insert(kind).inserted else { return }
        self.violations.append(Violation(kind, key, sequence: sequence, expected, found))
    }

    private mutating func checkKeys(_ snapshot: AccountSnapshot) {
        let key = LedgerKeys.account(self.account)
        let types = [
            (key, snapshot.accountType, "hash"), (self.entriesKey, snapshot.entriesType, "list"),
            (LedgerKeys.references(self.account), snapshot.referencesType, "hash"),
        ]
        for (key, found, expected) in types where found != expected && found != "none" {
            self.tell(.wrongType, key, expected, found)
        }
        if snapshot.accountType == "none", snapshot.entriesType != "none" {
            self.tell(.accountMissing, self.entriesKey, key, "\(self.length) entries alone")
        }
        guard snapshot.accountType == "hash" else { return }
        guard let head = self.head else {
            let fields = [snapshot.balance, snapshot.sequence, snapshot.chain, snapshot.token, snapshot.updated]
            let found = zip(["balance", "sequence", "chain", "token", "updated"], fields)
                .map { "\($0)=\($1 ?? "")" }
                .joined(separator: " ")
            self.tell(.headInvalid, key, "five fields, whole numbers and a chain", found)
            return
        }
        self.checkBalance(head.balance, key: key, sequence: nil)
        if snapshot.entriesType == "none", head.sequence > 0 {
            self.tell(.entriesMissing, key, "\(head.sequence) entries", "none")
        } else if snapshot.entriesType == "list" || snapshot.entriesType == "none", head.sequence != self.length {
            self.tell(.countWrong, self.entriesKey, head.sequence, self.length)
        }
    }

    private mutating func checkBalance(_ balance: Int64, key: String, sequence: Int64?) {
        let limit = Money.largestBalance.minorUnits
        guard !(0...limit).contains(balance) else { return }
        self.tell(.balanceOutOfRange, key, at: sequence, "0 to \(limit)", balance)
    }
}

// MARK: Entries

extension AccountCheck {
    /// Takes the next entry, and returns it when it is one.
    @discardableResult
    package mutating func read(_ packed: ByteBuffer) -> Entry? {
        self.count += 1
        self.lastPacked = packed
        let text = String(buffer: packed)
        // The entry that was read must be what is there, to the byte: the chain covers bytes.
        guard let entry = Entry(packed: text),
            "\(entry.body) \(entry.chain)".utf8.elementsEqual(packed.readableBytesView)
        else {
            self.tell(.entryUnreadable, self.entriesKey, at: Int64(self.count), "nine words", text)
            (self.isWhole, self.previous, self.chain) = (false, nil, nil)
            self.sequence &+= 1
            return nil
        }
        self.checkPlace(of: entry)
        self.checkMoney(of: entry)
        self.checkNames(of: entry)
        for (index, cut) in self.cuts.enumerated() {
            if entry.created < cut { self.found.atCuts[index] = entry.balance.minorUnits }
            if entry.created == cut { self.found.isOnCut[index] = true }
        }
        self.found.newest = max(self.found.newest, entry.created)
        (self.previous, self.chain, self.sequence) = (entry, entry.chain, entry.sequence)
        return entry
    }

    private mutating func checkPlace(of entry: Entry) {
        let key = self.entriesKey
        let next = self.sequence &+ 1
        if entry.sequence != next {
            self.tell(.sequenceWrong, key, at: next, next, entry.sequence)
        }
        if let chain = self.chain {
            let right = Entry.chain(after: chain, body: entry.body)
            if right != entry.chain {
                self.tell(.chainBroken, key, at: entry.sequence, right, entry.chain)
            }
        }
        let token = self.previous?.token ?? 0
        if entry.token <= token {
            self.tell(.tokenWrong, key, at: entry.sequence, "more than \(token)", entry.token)
        }
        if let before = self.previous?.created, entry.created < before {
            let created = entry.created.milliseconds
            self.tell(.timeWrong, key, at: entry.sequence, "\(before.milliseconds) or later", created)
        }
    }

    private mutating func checkMoney(of entry: Entry) {
        let key = self.entriesKey
        let limit = Money.largestAmount.minorUnits
        let amounts =
            switch entry.kind {
            case .add, .credit, .back: 1...limit
            case .debit: -limit...(-1)
            }
        if !amounts.contains(entry.amount.minorUnits) {
            let expected = "\(amounts.lowerBound) to \(amounts.upperBound) of a \(entry.kind.rawValue)"
            self.tell(.amountOutOfRange, key, at: entry.sequence, expected, entry.amount.minorUnits)
        }
        self.checkBalance(entry.balance.minorUnits, key: key, sequence: entry.sequence)
        if self.previous != nil || self.count == 1 {
            let right = Int128(self.previous?.balance.minorUnits ?? 0) + Int128(entry.amount.minorUnits)
            if right != Int128(entry.balance.minorUnits) {
                self.tell(.balanceWrong, key, at: entry.sequence, right, entry.balance.minorUnits)
            }
        }
        // Cannot overflow: no list holds 2^64 entries.
        self.sum += Int128(entry.amount.minorUnits)
    }

    private mutating func checkNames(of entry: Entry) {
        if entry.kind.isPayment, !PaymentName.isValid(entry.operation ?? "") {
            self.tell(.operationInvalid, self.entriesKey, at: entry.sequence, "a payment", entry.operation ?? "-")
        }
        if let operation = entry.operation, !self.operations.insert(Step(operation, entry.kind)).inserted {
            let expected = "a \(entry.kind.rawValue) once"
            self.tell(.operationRepeated, self.entriesKey, at: entry.sequence, expected, operation)
        }
        guard let reference = entry.reference else { return }
        guard self.references[reference] == nil else {
            self.tell(.referenceRepeated, self.entriesKey, at: entry.sequence, "a reference once", reference)
            return
        }
        self.references[reference] = entry.transactionID(self.account.user)
    }

    /// Lets go of what only the checks of names needed, which may be much.
    package mutating func forget() {
        self.references = [:]
        self.operations = []
    }

    /// Compares the account's hash with its entries: call it behind the last one.
    package mutating func finish() {
        // Without entries, or with some that nobody can read, there is nothing to compare with.
        guard let head = self.head, let last = self.previous, self.isWhole else { return }
        let key = LedgerKeys.account(self.account)
        if Int128(head.balance) != self.sum {
            self.tell(.balanceSumWrong, key, at: last.sequence, self.sum, head.balance)
        }
        if head.chain != last.chain {
            self.tell(.chainHeadWrong, key, at: last.sequence, last.chain, head.chain ?? "none")
        }
        if head.token < last.token {
            self.tell(.tokenWrong, key, at: last.sequence, "\(last.token) or more", head.token)
        }
        if head.updated != last.created.milliseconds {
            self.tell(.timeWrong, key, at: last.sequence, last.created.milliseconds, head.updated)
        }
    }
}
