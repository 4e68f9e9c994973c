extension ChangeOutcome {
    /// Reads an answer to an add of so much for this user.
    package init(
        _ answer: ExchangeAnswer,
        user: String,
        cents: Int64,
        durability: LedgerLoadConfiguration.Durability?
    ) {
        switch answer.status {
        case 200: self = Self.done(answer, user: user, cents: cents, durability: durability)
        case 202: self = Self.queued(answer, user: user)
        default: self.init(refusal: answer)
        }
    }

    private static func done(
        _ answer: ExchangeAnswer,
        user: String,
        cents: Int64,
        durability: LedgerLoadConfiguration.Durability?
    ) -> ChangeOutcome {
        guard let body = JSONAnswer.decode(DoneAdd.self, answer.body) else { return .failed("200 of another form") }
        guard body.userID == user, body.transactionID.hasPrefix("\(user).") else {
            return .failed("200 for another user")
        }
        guard Cents.read(body.amount) == cents else { return .failed("200 with another amount") }
        guard body.sequence >= 1, let balance = Cents.read(body.balance) else {
            return .failed("200 with an unreadable sequence or balance")
        }
        if !answer.isReplay {
            guard answer.entityTag == "\"\(user)@\(body.sequence)\"" else { return .failed("200 with another ETag") }
            if let durability, answer.durability?.hasPrefix(durability.rawValue) != true {
                return .failed("200 with another durability than asked for")
            }
        }
        return .accepted(
            ChangeReceipt(
                transactionID: body.transactionID,
                place: ChangeReceipt.Place(sequence: body.sequence, balance: balance),
                isReplay: answer.isReplay,
                durability: answer.durability,
                body: answer.body
            )
        )
    }

    private static func queued(_ answer: ExchangeAnswer, user: String) -> ChangeOutcome {
        guard let body = JSONAnswer.decode(QueuedAdd.self, answer.body), body.status == "queued" else {
            return .failed("202 of another form")
        }
        guard body.userID == user, body.transactionID.hasPrefix("\(user).") else {
            return .failed("202 for another user")
        }
        guard answer.location?.hasSuffix("/transactions/\(body.transactionID)") == true else {
            return .failed("202 with another Location")
        }
        return .accepted(
            ChangeReceipt(
                transactionID: body.transactionID,
                place: nil,
                isReplay: answer.isReplay,
                durability: answer.durability,
                body: answer.body
            )
        )
    }
}

private struct DoneAdd: Decodable {
    let transactionID, userID, amount, balance: String
    let sequence: Int64

    enum CodingKeys: String, CodingKey {
        case transactionID = "transaction_id"
        case userID = "user_id"
        case amount, balance, sequence
    }
}

private struct QueuedAdd: Decodable {
    let transactionID, userID, status: String

    enum CodingKeys: String, CodingKey {
        case transactionID = "transaction_id"
        case userID = "user_id"
        case status
    }
}
