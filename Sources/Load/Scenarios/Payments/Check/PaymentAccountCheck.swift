/// Compares one account's whole history with the payments that it made and got, in exact cents.
package struct PaymentAccountCheck {
    /// The entries of one payment in an account.
    private struct Entered {
        var debits = 0
        var credits = 0
        var returns = 0
    }

    private let knowledge: PaymentKnowledge
    private let account: Int
    private let user: String
    private var entered: [Int: Entered] = [:]
    private var findings = PaymentFindings()

    private init(_ account: Int, _ knowledge: PaymentKnowledge) {
        self.account = account
        self.knowledge = knowledge
        self.user = knowledge.plan.user(account)
    }

    /// All that is wrong with an account that has these entries, oldest first, and this balance.
    package static func findings(
        _ account: Int,
        _ entries: [PaymentEntry],
        _ standing: AccountComparison.Standing,
        _ knowledge: PaymentKnowledge
    ) -> PaymentFindings {
        var check = PaymentAccountCheck(account, knowledge)
        check.compareChain(entries, standing)
        for entry in entries where entry.kind != .add { check.enter(entry) }
        check.comparePayments()
        check.compareBalance(standing.balance)
        check.compareOrder(entries)
        check.findings.accounts = 1
        check.findings.entries = entries.count
        check.findings.sum = standing.balance
        return check.findings
    }

    /// One add first, sequences without gaps, each balance the one before plus the amount and never below zero.
    private mutating func compareChain(_ entries: [PaymentEntry], _ standing: AccountComparison.Standing) {
        let adds = entries.filter { $0.kind == .add }
        if adds.count != 1 || entries.first?.kind != .add || adds.first?.cents != self.knowledge.seeded {
            let amounts = adds.prefix(3).map { Cents.text($0.cents) }.joined(separator: ", ")
            self.findings.add(
                .seed,
                "\(self.user) has \(adds.count) adds (\(amounts)), not one of "
                    + "\(Cents.text(self.knowledge.seeded)) before all else"
            )
        }
        var last = AccountComparison.Standing()
        for entry in entries {
            if entry.sequence != last.sequence + 1 || entry.balance != last.balance + entry.cents {
                self.findings.add(
                    .chain,
                    "\(self.place(entry)) of \(Cents.text(entry.cents)) makes \(Cents.text(last.balance)) after entry "
                        + "\(last.sequence) to \(Cents.text(entry.balance))"
                )
            }
            if entry.balance < 0 {
                self.findings.add(.negative, "\(self.place(entry)) leaves \(Cents.text(entry.balance))")
            }
            last = AccountComparison.Standing(sequence: entry.sequence, balance: entry.balance)
        }
        if last != standing {
            self.findings.add(
                .chain,
                "\(self.user): the history ends with \(last.sequence) entries and \(Cents.text(last.balance)), the "
                    + "balance says \(standing.sequence) and \(Cents.text(standing.balance))"
            )
        }
    }

    /// Counts an entry for its payment, if it is one that this account can have of it.
    private mutating func enter(_ entry: PaymentEntry) {
        guard let id = entry.payment, let number = self.knowledge.number(id) else {
            let id = entry.payment.map(\.description) ?? "none"
            return self.findings.add(.stranger, "\(self.place(entry)), a \(entry.kind.rawValue) of payment \(id)")
        }
        let sides = self.knowledge.plan.sides(number)
        let cents = self.knowledge.plan.cents(number)
        let isOurs = self.account == (entry.kind == .credit ? sides.to : sides.from)
        guard isOurs, entry.cents == (entry.kind == .debit ? -cents : cents) else {
            return self.findings.add(
                .wrongEntry,
                "\(self.place(entry)), a \(entry.kind.rawValue) of \(Cents.text(entry.cents)), for "
                    + self.knowledge.name(number)
            )
        }
        switch entry.kind {
        case .add: break
        case .debit: self.entered[number, default: Entered()].debits += 1
        case .credit: self.entered[number, default: Entered()].credits += 1
        case .return: self.entered[number, default: Entered()].returns += 1
        }
    }

    /// Each done payment once, and of the others nothing, or a debit that was returned.
    private mutating func comparePayments() {
        for number in self.knowledge.payments(of: self.account).lazy.map({ Int($0) }) {
            let entered = self.entered[number] ?? Entered()
            let isPayer = self.knowledge.plan.sides(number).from == self.account
            let state = self.knowledge.records[number].state
            let (forth, back) = isPayer ? (entered.debits, entered.returns) : (entered.credits, 0)
            let word = isPayer ? "debit" : "credit"
            if state == .done && forth == 0 {
                self.findings.add(.missingEntry, "no \(word) of \(self.knowledge.name(number))")
            }
            let isReturned = forth <= 1 && back <= forth
            let isRight =
                switch state {
                case .done: forth <= 1 && back == 0
                case .failed, .cancelled: isPayer ? isReturned && back == forth : forth == 0
                case .unsent, .unanswered, .accepted, .lost, .misread: isReturned
                }
            if !isRight {
                self.findings.add(
                    .extraEntry,
                    "\(forth) \(word)s and \(back) returns of \(self.knowledge.name(number)), which is \(state)"
                )
            }
        }
    }

    /// Compares the balance with the seed and the done payments; says nothing while one payment is unknown.
    private mutating func compareBalance(_ balance: Int64) {
        var expected = self.knowledge.seeded
        for number in self.knowledge.payments(of: self.account).lazy.map({ Int($0) }) {
            let record = self.knowledge.records[number]
            if record.isVague { return }
            guard record.state == .done else { continue }
            let cents = self.knowledge.plan.cents(number)
            expected += self.knowledge.plan.sides(number).from == self.account ? -cents : cents
        }
        guard balance != expected else { return }
        self.findings.add(.balance, "\(self.user) holds \(Cents.text(balance)), not \(Cents.text(expected))")
    }

    /// A payment that was sent after another one was answered must not be debited before it.
    private mutating func compareOrder(_ entries: [PaymentEntry]) {
        var earliest: (answered: Int64, number: Int)?
        for entry in entries.reversed() where entry.kind == .debit {
            guard let number = entry.payment.flatMap({ self.knowledge.number($0) }) else { continue }
            let record = self.knowledge.records[number]
            if let earliest, earliest.answered < record.sentAt {
                self.findings.add(
                    .order,
                    "\(self.place(entry)), \(self.knowledge.name(number)), stands before "
                        + "\(self.knowledge.name(earliest.number)), which was answered "
                        + "\((record.sentAt - earliest.answered) / 1_000_000) ms before the other was sent"
                )
            }
            if record.acceptedAt < earliest?.answered ?? .max { earliest = (record.acceptedAt, number) }
        }
    }

    private func place(_ entry: PaymentEntry) -> String { "entry \(entry.sequence) of \(self.user)" }
}
