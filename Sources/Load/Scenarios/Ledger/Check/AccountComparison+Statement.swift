extension AccountComparison {
    /// The differences of a statement of everything from the history, which has its oldest entry first.
    package func complaints(statement lines: [StatementLine], entries: [Entry], standing: Standing) -> [String] {
        guard let opening = lines.first, let closing = lines.last, lines.count >= 2, opening.record == "opening",
            closing.record == "closing"
        else { return ["\(self.user): its statement does not begin with an opening and end with a closing line"] }
        var complaints: [String] = []
        if opening.standing != Standing() {
            complaints.append("\(self.user): its statement does not open with nothing")
        }
        if closing.standing != standing {
            complaints.append("\(self.user): its statement does not close with \(Cents.text(standing.balance))")
        }
        let told = lines.dropFirst().dropLast()
        if told.count != entries.count {
            complaints.append("\(self.user): its statement has \(told.count) entries, its history \(entries.count)")
        }
        if let (_, entry) = zip(told, entries).first(where: { line, entry in line.entry != entry }) {
            complaints.append("\(self.user): its statement differs from its history at \(entry.transactionID)")
        }
        return complaints
    }
}

extension StatementLine {
    fileprivate var standing: AccountComparison.Standing? {
        Cents.read(self.balance).map { AccountComparison.Standing(sequence: self.sequence, balance: $0) }
    }

    fileprivate var entry: AccountComparison.Entry? {
        guard self.record == "entry", let id = self.transactionID, let cents = self.amount.flatMap(Cents.read),
            let standing = self.standing
        else { return nil }
        return AccountComparison.Entry(transactionID: id, cents: cents, standing: standing)
    }
}
