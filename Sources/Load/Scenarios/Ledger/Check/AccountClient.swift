/// Asks the service what an account holds.
package struct AccountClient {
    /// An answer that cannot be compared, with the reason as a complaint.
    package enum Reading<Value: Sendable>: Sendable {
        case read(Value)
        case wrong(String)
    }

    package var http: ExchangeReader

    package init(_ http: ExchangeReader) { self.http = http }

    package mutating func close() { self.http.close() }

    package mutating func standing(_ user: String) async throws(LoadError) -> Reading<AccountComparison.Standing> {
        let answer = try await self.http.get("/users/\(user)/balance")
        guard answer.status == 200 else { return .wrong("\(user): its balance was answered with \(answer.status)") }
        guard let page = JSONAnswer.decode(BalanceAnswer.self, answer.body), page.user == user,
            let balance = Cents.read(page.balance), page.sequence >= 0
        else { return .wrong("\(user): its balance cannot be read") }
        return .read(AccountComparison.Standing(sequence: page.sequence, balance: balance))
    }

    /// All pages, oldest entry first.
    package mutating func history(_ user: String) async throws(LoadError) -> Reading<[AccountComparison.Entry]> {
        var path = "/users/\(user)/history?page=1"
        var entries: [AccountComparison.Entry] = []
        var first: HistoryAnswer?
        var number = 1
        while true {
            let answer = try await self.http.get(path)
            guard answer.status == 200 else {
                return .wrong("\(user): page \(number) was answered with \(answer.status)")
            }
            guard let page = JSONAnswer.decode(HistoryAnswer.self, answer.body), page.user == user, page.page == number
            else { return .wrong("\(user): page \(number) cannot be read") }
            guard first.map({ $0.total == page.total && $0.asOf == page.asOf }) ?? true else {
                return .wrong("\(user): page \(number) is of another time than the first one")
            }
            first = first ?? page
            for transaction in page.transactions {
                guard let entry = transaction.entry else { return .wrong("\(user): page \(number) cannot be read") }
                entries.append(entry)
            }
            guard entries.count <= Int(page.total) else {
                return .wrong("\(user): the history is longer than its total of \(page.total)")
            }
            guard let next = page.next else { break }
            // Without an entry on each page the pages might never end.
            guard next.hasPrefix("/users/\(user)/history?"), !page.transactions.isEmpty else {
                return .wrong("\(user): page \(number) has a bad next page")
            }
            path = next
            number += 1
        }
        guard let first, Int64(entries.count) == first.total else {
            return .wrong("\(user): the history has \(entries.count) entries, not its total of \(first?.total ?? 0)")
        }
        return .read(entries.reversed())
    }

    /// The whole statement.
    package mutating func statement(_ user: String) async throws(LoadError) -> Reading<[StatementLine]> {
        let answer = try await self.http.get("/users/\(user)/statement?format=ndjson")
        guard answer.status == 200 else { return .wrong("\(user): its statement was answered with \(answer.status)") }
        var lines: [StatementLine] = []
        for text in answer.body.split(separator: UInt8(ascii: "\n")) {
            guard let line = JSONAnswer.decode(StatementLine.self, text) else {
                return .wrong("\(user): line \(lines.count + 1) of its statement cannot be read")
            }
            lines.append(line)
        }
        return .read(lines)
    }

    /// Whether a queued transaction is done and of this amount.
    package mutating func isDone(_ taken: AccountComparison.Taken) async throws(LoadError) -> Reading<Bool> {
        let answer = try await self.http.get("/transactions/\(taken.transactionID)")
        guard answer.status == 200, let body = JSONAnswer.decode(TransactionAnswer.self, answer.body),
            body.transactionID == taken.transactionID, Cents.read(body.amount) == taken.cents
        else {
            return .wrong("transaction \(taken.transactionID) was answered with \(answer.status), or not as queued")
        }
        guard body.status != "failed" else { return .wrong("queued transaction \(taken.transactionID) failed") }
        return .read(body.status == "done")
    }
}

extension HistoryAnswer.Transaction {
    fileprivate var entry: AccountComparison.Entry? {
        guard let cents = Cents.read(self.amount), let balance = Cents.read(self.balance) else { return nil }
        let standing = AccountComparison.Standing(sequence: self.sequence, balance: balance)
        return AccountComparison.Entry(transactionID: self.transactionID, cents: cents, standing: standing)
    }
}
