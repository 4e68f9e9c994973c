/// One entry of an account in a load of payments.
package struct PaymentEntry: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable {
        case add
        case debit
        case credit
        /// Money back at the payer.
        case `return`
    }

    package let sequence: Int64
    package let cents: Int64
    /// After it.
    package let balance: Int64
    package let kind: Kind
    /// Nil for an add.
    package let payment: PaymentULID?

    package init(sequence: Int64, cents: Int64, balance: Int64, kind: Kind, payment: PaymentULID?) {
        self.sequence = sequence
        self.cents = cents
        self.balance = balance
        self.kind = kind
        self.payment = payment
    }
}

/// One page of `GET /users/{user}/history?cursor=…`.
private struct EntriesPage: Decodable {
    struct Transaction: Decodable {
        let amount, balance, kind: String
        let sequence: Int64
        let payment: String?

        enum CodingKeys: String, CodingKey {
            case payment = "payment_id"
            case amount, balance, kind, sequence
        }

        var entry: PaymentEntry? {
            guard let cents = Cents.read(self.amount), let balance = Cents.read(self.balance),
                let kind = PaymentEntry.Kind(rawValue: self.kind)
            else { return nil }
            let payment = self.payment.flatMap { PaymentULID($0) }
            guard (payment == nil) == (kind == .add) else { return nil }
            return PaymentEntry(
                sequence: self.sequence,
                cents: cents,
                balance: balance,
                kind: kind,
                payment: payment
            )
        }
    }

    let user: String
    let transactions: [Transaction]
    let next: String?

    enum CodingKeys: String, CodingKey {
        case user = "user_id"
        case transactions, next
    }
}

extension AccountClient {
    /// A cursor before which every entry lies: no number in JSON is larger.
    private static let latest: Int64 = 9_007_199_254_740_991

    /// The whole history page by page, oldest entry first.
    package mutating func entries(_ user: String) async throws(LoadError) -> Reading<[PaymentEntry]> {
        var path = "/users/\(user)/history?cursor=\(Self.latest)"
        var entries: [PaymentEntry] = []
        while true {
            let answer = try await self.http.get(path)
            guard answer.status == 200 else { return .wrong("\(user): \(path) was answered with \(answer.status)") }
            guard let page = JSONAnswer.decode(EntriesPage.self, answer.body), page.user == user else {
                return .wrong("\(user): \(path) cannot be read")
            }
            for transaction in page.transactions {
                guard let entry = transaction.entry else { return .wrong("\(user): \(path) cannot be read") }
                // Pages that do not go down might never end.
                guard entry.sequence < entries.last?.sequence ?? .max else {
                    return .wrong("\(user): \(path) is not in order")
                }
                entries.append(entry)
            }
            guard let next = page.next else { return .read(entries.reversed()) }
            guard next.hasPrefix("/users/\(user)/history?cursor="), !page.transactions.isEmpty else {
                return .wrong("\(user): \(path) has a bad next page")
            }
            path = next
        }
    }
}
