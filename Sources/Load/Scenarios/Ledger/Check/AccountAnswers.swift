/// The answer to `GET /users/{user}/balance`.
package struct BalanceAnswer: Hashable, Sendable, Decodable {
    package let user: String
    package let balance: String
    package let sequence: Int64

    private enum CodingKeys: String, CodingKey {
        case user = "user_id"
        case balance, sequence
    }
}

/// One page of `GET /users/{user}/history`.
package struct HistoryAnswer: Hashable, Sendable, Decodable {
    package struct Transaction: Hashable, Sendable, Decodable {
        package let transactionID: String
        package let amount: String
        package let balance: String
        package let sequence: Int64

        private enum CodingKeys: String, CodingKey {
            case transactionID = "transaction_id"
            case amount, balance, sequence
        }
    }

    package let user: String
    package let page: Int
    package let total: Int64
    package let asOf: Int64
    package let transactions: [Transaction]
    package let next: String?

    private enum CodingKeys: String, CodingKey {
        case user = "user_id"
        case asOf = "as_of"
        case page, total, transactions, next
    }
}

/// One line of `GET /users/{user}/statement?format=ndjson`.
package struct StatementLine: Hashable, Sendable, Decodable {
    /// `opening`, `entry` or `closing`.
    package let record: String
    package let transactionID: String?
    package let amount: String?
    package let balance: String
    package let sequence: Int64

    private enum CodingKeys: String, CodingKey {
        case transactionID = "transaction_id"
        case record, amount, balance, sequence
    }
}

/// The answer to `GET /transactions/{id}`.
package struct TransactionAnswer: Hashable, Sendable, Decodable {
    package let transactionID: String
    package let status: String
    package let amount: String

    private enum CodingKeys: String, CodingKey {
        case transactionID = "transaction_id"
        case status, amount
    }
}
