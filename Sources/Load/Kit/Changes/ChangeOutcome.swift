/// The service's answer when it took a change.
package struct ChangeReceipt: Hashable, Sendable {
    package let transactionID: String
    /// Where it stands in the account, and the balance there; nil while that is open.
    package let place: Place?
    package let isReplay: Bool
    /// The durability that it waited for, as the service says it.
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

/// The outcome of one attempt to have a change made.
package enum ChangeOutcome: Hashable, Sendable {
    case accepted(ChangeReceipt)
    /// To be sent again with the same key.
    case again(Doubt)
    /// Perhaps it happened; without a key it must not be sent again.
    case lost(Doubt)
    /// The service refused it for good, as it sometimes should, with this reason; nothing happened.
    case refused(String)
    /// The service answered what it never should.
    case failed(String)

    package enum Doubt: Hashable, Sendable, CustomStringConvertible {
        case broken(ExchangeBreak)
        /// 503, with the last part of its problem type.
        case unavailable(String)
        /// Another 5xx, often of a proxy.
        case serverError(Int)
        /// Another request with this key is at work.
        case inProgress

        /// Whether it may have happened with an answer that was lost.
        package var mayHaveHappened: Bool { self != .inProgress }

        package var description: String {
            switch self {
            case .broken(let reason): reason.description
            case .unavailable(let problem): "503 \(problem)"
            case .serverError(let status): "status \(status)"
            case .inProgress: "409 idempotency-in-progress"
            }
        }
    }

    /// The outcome of an answer that does not accept the change.
    package init(refusal answer: ExchangeAnswer) {
        switch answer.status {
        case 503: self = .again(.unavailable(answer.problem))
        case 409 where answer.problem == "idempotency-in-progress": self = .again(.inProgress)
        default: self = .failed("status \(answer.status) \(answer.problem)")
        }
    }
}

extension ExchangeAnswer {
    /// A 5xx other than 503, as a proxy answers for a service that died.
    package var isServerError: Bool { self.status >= 500 && self.status != 503 }

    /// The last part of a problem's type, at most 50 characters.
    package var problem: String {
        let type = JSONAnswer.decode(ProblemAnswer.self, self.body)?.type ?? "without a problem document"
        return String((type.split(separator: "/").last ?? "").prefix(50))
    }
}

private struct ProblemAnswer: Decodable {
    let type: String
}
