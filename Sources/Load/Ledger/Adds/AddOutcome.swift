import FoundationEssentials

/// What the service said when it took an add.
package struct AddReceipt: Hashable, Sendable {
    package let transactionID: String
    /// Where it stands in the account, and the balance there; nil while it is queued.
    package let place: Place?
    package let isReplay: Bool
    /// What it waited for, as the service says it.
    package let durability: String?
    package let body: [UInt8]

    package init(transactionID: String, place: Place?, isReplay: Bool, durability: String?, body: [UInt8]) {
        self.transactionID = transactionID
        self.place = place
        self.isReplay = isReplay
        self.durability = durability
        self.body = body
    }

    package struct Place: Hashable, Sendable {
        package let sequence: Int64
        package let balance: Int64
    }
}

/// What one attempt to have an add made came to.
package enum AddOutcome: Hashable, Sendable {
    case accepted(AddReceipt)
    /// To be sent again with the same key.
    case again(Doubt)
    /// The service answered what it never should.
    case failed(String)

    package enum Doubt: Hashable, Sendable, CustomStringConvertible {
        case broken(ExchangeBreak)
        /// 503, with the last part of its problem type.
        case unavailable(String)
        /// Another request with this key is at work.
        case inProgress

        /// Whether it may have happened with an answer that was lost.
        package var mayHaveHappened: Bool { self != .inProgress }

        package var description: String {
            switch self {
            case .broken(let reason): reason.description
            case .unavailable(let problem): "503 \(problem)"
            case .inProgress: "409 idempotency-in-progress"
            }
        }
    }

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
        case 503: self = .again(.unavailable(Self.problem(answer)))
        case 409 where Self.problem(answer) == "idempotency-in-progress": self = .again(.inProgress)
        default: self = .failed("status \(answer.status) \(Self.problem(answer))")
        }
    }

    private static func done(
        _ answer: ExchangeAnswer,
        user: String,
        cents: Int64,
        durability: LedgerLoadConfiguration.Durability?
    ) -> AddOutcome {
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
            AddReceipt(
                transactionID: body.transactionID,
                place: AddReceipt.Place(sequence: body.sequence, balance: balance),
                isReplay: answer.isReplay,
                durability: answer.durability,
                body: answer.body
            )
        )
    }

    private static func queued(_ answer: ExchangeAnswer, user: String) -> AddOutcome {
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
            AddReceipt(
                transactionID: body.transactionID,
                place: nil,
                isReplay: answer.isReplay,
                durability: answer.durability,
                body: answer.body
            )
        )
    }

    /// The last part of a problem's type, at most 50 characters.
    private static func problem(_ answer: ExchangeAnswer) -> String {
        let type = JSONAnswer.decode(AddProblem.self, answer.body)?.type ?? "without a problem document"
        return String((type.split(separator: "/").last ?? "").prefix(50))
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

private struct AddProblem: Decodable {
    let type: String
}
