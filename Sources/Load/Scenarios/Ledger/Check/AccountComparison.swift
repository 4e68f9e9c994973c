/// Compares one account with what the service acknowledged, in exact cents.
///
/// With every outcome known, there is one right balance and one right number of transactions. Doubtful adds widen both,
/// and may stand in the history without an acknowledgement.
package struct AccountComparison: Hashable, Sendable {
    /// How many transactions an account has, and what they come to.
    package struct Standing: Hashable, Sendable {
        package var sequence: Int64 = 0
        package var balance: Int64 = 0

        package init(sequence: Int64 = 0, balance: Int64 = 0) {
            self.sequence = sequence
            self.balance = balance
        }
    }

    /// An add that was acknowledged.
    package struct Taken: Hashable, Sendable {
        package let transactionID: String
        package let cents: Int64
        /// Where the acknowledgement says it stands; nil when it was queued.
        package let standing: Standing?

        package init(transactionID: String, cents: Int64, standing: Standing?) {
            self.transactionID = transactionID
            self.cents = cents
            self.standing = standing
        }
    }

    /// A transaction as the service tells it.
    package struct Entry: Hashable, Sendable {
        package let transactionID: String
        package let cents: Int64
        /// After it.
        package let standing: Standing

        package init(transactionID: String, cents: Int64, standing: Standing) {
            self.transactionID = transactionID
            self.cents = cents
            self.standing = standing
        }
    }

    /// Complaints of one kind that are spelled out for an account: 3.
    private static let shownLimit = 3

    package let user: String
    package var before = Standing()
    package var taken: [Taken] = []
    /// Cents of adds that may have happened besides.
    package var doubtful: [Int64] = []

    package init(user: String) { self.user = user }

    /// The least that the account must hold.
    package var expected: Standing {
        Standing(
            sequence: self.before.sequence + Int64(self.taken.count),
            balance: self.before.balance + self.taken.reduce(0) { $0 + $1.cents }
        )
    }

    package var hasQueued: Bool { self.taken.contains { $0.standing == nil } }

    /// Whether adds may happen while it is read.
    package var isMoving: Bool { self.hasQueued || !self.doubtful.isEmpty }

    /// All that is wrong with the account's balance.
    package func complaints(_ standing: Standing) -> [String] {
        let lowest = self.expected
        let highest = Standing(
            sequence: lowest.sequence + Int64(self.doubtful.count),
            balance: lowest.balance + self.doubtful.reduce(0, +)
        )
        var complaints: [String] = []
        if standing.sequence < lowest.sequence || standing.sequence > highest.sequence {
            let right = Self.range("\(lowest.sequence)", "\(highest.sequence)")
            complaints.append("\(self.user): \(standing.sequence) transactions, not \(right)")
        }
        if standing.balance < lowest.balance || standing.balance > highest.balance {
            let right = Self.range(Cents.text(lowest.balance), Cents.text(highest.balance))
            complaints.append("\(self.user): a balance of \(Cents.text(standing.balance)), not \(right)")
        }
        return complaints
    }

    /// All that is wrong with the whole history, oldest entry first, of an account with this balance.
    package func complaints(_ entries: [Entry], standing: Standing) -> [String] {
        self.first(self.chainComplaints(entries, standing: standing)) + self.first(self.takenComplaints(entries))
    }

    /// One wrong entry often makes all after it wrong, too.
    private func first(_ complaints: [String]) -> [String] {
        guard complaints.count > Self.shownLimit else { return complaints }
        return complaints.prefix(Self.shownLimit) + [
            "\(self.user): and \(complaints.count - Self.shownLimit) more like it"
        ]
    }

    /// Sequences without gaps, and each balance the one before plus the amount.
    private func chainComplaints(_ entries: [Entry], standing: Standing) -> [String] {
        var complaints: [String] = []
        var last = Standing()
        for entry in entries {
            if entry.standing.sequence != last.sequence + 1 {
                complaints.append(
                    "\(self.user): transaction \(entry.transactionID) has the sequence \(entry.standing.sequence) "
                        + "after \(last.sequence)"
                )
            }
            if entry.standing.balance != last.balance + entry.cents {
                complaints.append(
                    "\(self.user): transaction \(entry.transactionID) of \(Cents.text(entry.cents)) makes "
                        + "\(Cents.text(last.balance)) to \(Cents.text(entry.standing.balance))"
                )
            }
            last = entry.standing
        }
        if last != standing {
            complaints.append(
                "\(self.user): the history ends with \(last.sequence) transactions and \(Cents.text(last.balance)), "
                    + "the balance says \(standing.sequence) and \(Cents.text(standing.balance))"
            )
        }
        return complaints
    }

    /// Each acknowledged transaction once, as acknowledged, and none besides.
    private func takenComplaints(_ entries: [Entry]) -> [String] {
        var complaints: [String] = []
        var taken: [String: Taken] = [:]
        for add in self.taken where taken.updateValue(add, forKey: add.transactionID) != nil {
            complaints.append("\(self.user): two adds were answered with the transaction \(add.transactionID)")
        }
        var doubtful = self.doubtful
        var seen: Set<String> = []
        for entry in entries where entry.standing.sequence > self.before.sequence {
            guard seen.insert(entry.transactionID).inserted else {
                complaints.append("\(self.user): transaction \(entry.transactionID) stands twice in the history")
                continue
            }
            if let add = taken.removeValue(forKey: entry.transactionID) {
                guard add.cents != entry.cents || add.standing.map({ $0 != entry.standing }) == true else { continue }
                complaints.append("\(self.user): transaction \(entry.transactionID) differs from its acknowledgement")
            } else if let index = doubtful.firstIndex(of: entry.cents) {
                doubtful.remove(at: index)
            } else {
                complaints.append("\(self.user): transaction \(entry.transactionID) was never acknowledged")
            }
        }
        complaints += taken.keys.sorted().map { "\(self.user): acknowledged transaction \($0) is not in the history" }
        return complaints
    }

    private static func range(_ lowest: String, _ highest: String) -> String {
        lowest == highest ? lowest : "\(lowest) to \(highest)"
    }
}
