import Load
import Testing

/// One account's history against its payments, without a service.
struct PaymentAccountCheckTests {
    /// Payments among a few accounts, all right.
    private struct Story {
        let plan: PaymentPlan
        var records: [PlannedPayment] = []
        var accounts: [[PaymentEntry]]

        init(_ random: inout Seeded, seed: Int) {
            var configuration = PaymentsLoadConfiguration()
            configuration.seed = seed
            configuration.accounts = 5
            configuration.mode = .closed(count: 60)
            self.plan = PaymentPlan(configuration)
            self.accounts = (0..<5).map { _ in
                [PaymentEntry(sequence: 1, cents: 100_000, balance: 100_000, kind: .add, payment: nil)]
            }
            for number in 0..<self.plan.count {
                var record = PlannedPayment()
                let digits = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
                record.id = PaymentULID("s01-01KAJ2PQRSTVWXYZ00000000\(digits[number / 32])\(digits[number % 32])")
                // Some overlap with the one before.
                record.sentAt = Int64(number * 10 - Int.random(in: 0...5, using: &random))
                record.acceptedAt = Int64(number * 10 + Int.random(in: 1...4, using: &random))
                let sides = self.plan.sides(number)
                let cents = self.plan.cents(number)
                if Int.random(in: 0..<5, using: &random) == 0 || (self.accounts[sides.from].last?.balance ?? 0) < cents
                {
                    record.state = .failed
                    if (self.accounts[sides.from].last?.balance ?? 0) >= cents, Bool.random(using: &random) {
                        self.enter(sides.from, -cents, .debit, record.id)
                        self.enter(sides.from, cents, .return, record.id)
                    }
                } else {
                    record.state = .done
                    self.enter(sides.from, -cents, .debit, record.id)
                    self.enter(sides.to, cents, .credit, record.id)
                }
                self.records.append(record)
            }
        }

        mutating func enter(_ account: Int, _ cents: Int64, _ kind: PaymentEntry.Kind, _ id: PaymentULID?) {
            self.accounts[account]
                .append(PaymentEntry(sequence: 0, cents: cents, balance: 0, kind: kind, payment: id))
            self.chain(account)
        }

        /// Numbers an account's entries anew, so that sequences and balances fit.
        mutating func chain(_ account: Int) {
            var balance: Int64 = 0
            self.accounts[account] = self.accounts[account].enumerated()
                .map { place, entry in
                    balance += entry.cents
                    return PaymentEntry(
                        sequence: Int64(place + 1),
                        cents: entry.cents,
                        balance: balance,
                        kind: entry.kind,
                        payment: entry.payment
                    )
                }
        }

        var findings: PaymentFindings {
            let knowledge = PaymentKnowledge(plan: self.plan, records: self.records, seeded: 100_000)
            var findings = PaymentFindings()
            for (account, entries) in self.accounts.enumerated() {
                let standing = AccountComparison.Standing(
                    sequence: entries.last?.sequence ?? 0,
                    balance: entries.last?.balance ?? 0
                )
                findings.add(PaymentAccountCheck.findings(account, entries, standing, knowledge))
            }
            return findings
        }
    }

    @Test(arguments: 0..<200)
    func `right accounts are never called wrong`(seed: Int) {
        var random = Seeded(seed)
        let story = Story(&random, seed: seed)
        #expect(story.findings.complaints == [])
        #expect(story.findings.sum == 500_000)
        #expect(story.findings.accounts == 5)
    }

    @Test(arguments: 0..<200)
    func `one wrong entry is found, even if its sums fit`(seed: Int) {
        var random = Seeded(seed)
        var story = Story(&random, seed: seed)
        let account = Int.random(in: 0..<5, using: &random)
        let place = Int.random(in: 0..<story.accounts[account].count, using: &random)
        let entry = story.accounts[account][place]
        switch seed % 4 {
        case 0: story.accounts[account].remove(at: place)
        case 1: story.accounts[account].insert(entry, at: place)
        case 2:
            story.accounts[account][place] = PaymentEntry(
                sequence: entry.sequence,
                cents: entry.cents + 1,
                balance: entry.balance,
                kind: entry.kind,
                payment: entry.payment
            )
        default:
            story.accounts[account][place] = PaymentEntry(
                sequence: entry.sequence,
                cents: entry.cents,
                balance: entry.balance,
                kind: entry.kind == .credit ? .return : .credit,
                payment: entry.payment
            )
        }
        story.chain(account)
        #expect(story.findings.complaints != [])
    }

    @Test(arguments: 0..<200)
    func `two debits are out of order exactly when the accepts did not overlap`(seed: Int) throws {
        var random = Seeded(seed)
        var story = Story(&random, seed: seed)
        let account = seed % 5
        let debits = story.accounts[account].indices.filter { place in
            let entry = story.accounts[account][place]
            // One that was returned would leave its return before it.
            return entry.kind == .debit
                && story.accounts[account].count { $0.payment == entry.payment } == 1
        }
        let second = try #require((1..<debits.count).randomElement(using: &random))
        let (earlier, later) = (debits[second - 1], debits[second])
        let knowledge = PaymentKnowledge(plan: story.plan, records: story.records, seeded: 100_000)
        func record(_ place: Int) throws -> PlannedPayment {
            let id = try #require(story.accounts[account][place].payment)
            return story.records[try #require(knowledge.number(id))]
        }
        let isApart = try record(earlier).acceptedAt < record(later).sentAt
        story.accounts[account].swapAt(earlier, later)
        story.chain(account)
        let found = story.findings.found
        // A returned debit in between is out of order with both.
        #expect((found[.order] != nil) == isApart || later - earlier > 1)
        #expect(Set(found.keys).isSubset(of: [.order, .negative]))
    }
}
