import Load
import Testing

struct AccountCheckTests {
    typealias Standing = AccountComparison.Standing

    /// An account before and after a load: what was acknowledged and what it holds, both right.
    private struct Story {
        var check = AccountComparison(user: "u")
        var entries: [AccountComparison.Entry] = []

        var standing: Standing { self.entries.last?.standing ?? Standing() }

        init(_ random: inout Seeded, before: Int, adds: Int, doubts: Int) {
            for number in 0..<before + adds {
                let cents = Int64.random(in: 1...100_000, using: &random)
                let last = self.standing
                let standing = Standing(sequence: last.sequence + 1, balance: last.balance + cents)
                let isQueued = Int.random(in: 0..<5, using: &random) == 0
                let id = isQueued ? "u.Q\(number)" : "u.\(standing.sequence)"
                self.entries.append(AccountComparison.Entry(transactionID: id, cents: cents, standing: standing))
                guard number >= before else {
                    self.check.before = standing
                    continue
                }
                if Int.random(in: 0..<100, using: &random) < doubts {
                    self.check.doubtful.append(cents)
                } else {
                    self.check.taken.append(
                        AccountComparison.Taken(transactionID: id, cents: cents, standing: isQueued ? nil : standing)
                    )
                }
            }
            // Some that never happened.
            if doubts > 0 { self.check.doubtful.append(Int64.random(in: 1...100_000, using: &random)) }
        }

        var complaints: [String] {
            self.check.complaints(self.standing) + self.check.complaints(self.entries, standing: self.standing)
        }

        /// Enters everything anew, so that sequences and balances fit.
        mutating func chain() {
            var last = Standing()
            self.entries = self.entries.map { entry in
                last = Standing(sequence: last.sequence + 1, balance: last.balance + entry.cents)
                return AccountComparison.Entry(transactionID: entry.transactionID, cents: entry.cents, standing: last)
            }
        }
    }

    @Test(arguments: 0..<300)
    func `a right account is never called wrong`(seed: Int) {
        var random = Seeded(seed)
        let story = Story(&random, before: seed % 4, adds: seed % 40, doubts: [0, 10, 60][seed % 3])
        #expect(story.complaints == [])
    }

    @Test(arguments: 0..<300)
    func `an account with one wrong entry is called wrong, even if its sums fit`(seed: Int) throws {
        var random = Seeded(seed)
        var story = Story(&random, before: seed % 3, adds: 20, doubts: 0)
        let place = Int.random(in: seed % 3..<story.entries.count, using: &random)
        let entry = story.entries[place]
        switch seed % 5 {
        case 0:
            story.entries.remove(at: place)
            story.chain()
        case 1:
            story.entries.insert(entry, at: place)
            story.chain()
        case 2:
            story.entries[place] = AccountComparison.Entry(
                transactionID: entry.transactionID,
                cents: entry.cents + 1,
                standing: entry.standing
            )
            story.chain()
        case 3:
            story.entries[place] = AccountComparison.Entry(
                transactionID: "u.other",
                cents: entry.cents,
                standing: entry.standing
            )
        default:
            story.entries[place] = AccountComparison.Entry(
                transactionID: entry.transactionID,
                cents: entry.cents,
                standing: Standing(sequence: entry.standing.sequence, balance: entry.standing.balance - 1)
            )
        }
        #expect(!story.complaints.isEmpty)
    }

    @Test(arguments: 0..<100)
    func `without doubt a balance or a sequence that is off by one is wrong`(seed: Int) {
        var random = Seeded(seed)
        let story = Story(&random, before: 2, adds: 5, doubts: 0)
        let right = story.standing
        for (sequence, balance) in [(1, 0), (-1, 0), (0, 1), (0, -1)] as [(Int64, Int64)] {
            let wrong = Standing(sequence: right.sequence + sequence, balance: right.balance + balance)
            #expect(story.check.complaints(wrong).count == 1)
            #expect(!story.check.complaints(story.entries, standing: wrong).isEmpty)
        }
    }

    @Test
    func `doubt allows what is doubtful and no more`() {
        var check = AccountComparison(user: "u")
        check.taken = [
            AccountComparison.Taken(transactionID: "u.1", cents: 5, standing: Standing(sequence: 1, balance: 5))
        ]
        check.doubtful = [7]
        let first = AccountComparison.Entry(transactionID: "u.1", cents: 5, standing: Standing(sequence: 1, balance: 5))
        func second(_ cents: Int64) -> AccountComparison.Entry {
            AccountComparison.Entry(
                transactionID: "u.2",
                cents: cents,
                standing: Standing(sequence: 2, balance: 5 + cents)
            )
        }
        #expect(check.complaints([first], standing: first.standing) == [])
        #expect(check.complaints([first, second(7)], standing: second(7).standing) == [])
        #expect(
            check.complaints([first, second(6)], standing: second(6).standing) == [
                "u: transaction u.2 was never acknowledged"
            ]
        )
        #expect(check.complaints(Standing(sequence: 3, balance: 12)) == ["u: 3 transactions, not 1 to 2"])
        #expect(check.complaints(Standing(sequence: 2, balance: 13)) == ["u: a balance of 0.13, not 0.05 to 0.12"])
    }

    @Test
    func `of many complaints the first are shown and all are counted`() {
        var findings = LedgerFindings()
        findings.add((0..<15).map { "\($0)" })
        var other = LedgerFindings()
        other.add((15..<50).map { "\($0)" })
        other.entries = 3
        findings.add(other)
        #expect(findings.shown == (0..<20).map { "\($0)" })
        #expect(findings.complaintCount == 50)
        #expect(findings.entries == 3)
    }
}
