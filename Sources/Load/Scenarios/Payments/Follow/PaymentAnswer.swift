/// The answer to `GET /payments/{id}`, and one of `GET /users/{user}/payments`.
package struct PaymentAnswer: Hashable, Sendable, Decodable {
    package let id: String
    package let status: String
    package let from: String
    package let to: String
    package let amount: String
    package let created: String
    package let finished: String?
    package let reason: String?

    private enum CodingKeys: String, CodingKey {
        case from = "from_account"
        case to = "to_account"
        case created = "created_at"
        case finished = "finished_at"
        case id, status, amount, reason
    }
}

/// One page of `GET /users/{user}/payments`.
package struct PaymentsPage: Hashable, Sendable, Decodable {
    package let user: String
    package let payments: [PaymentAnswer]
    package let next: String?

    private enum CodingKeys: String, CodingKey {
        case user = "user_id"
        case payments, next
    }
}

/// The service's answer about a payment.
package enum PaymentLook: Hashable, Sendable {
    package struct End: Hashable, Sendable {
        package let state: PlannedPayment.State
        /// Milliseconds since 1970.
        package let created: Int64
        package let finished: Int64
        /// Why it is not done.
        package let reason: String?
    }

    /// Not at its end; created at this time.
    case open(created: Int64)
    case ended(End)
    case unknown
    /// Neither the payment nor that there is none.
    case unclear
    /// Not the payment that was ordered.
    case wrong(String)

    /// Reads an answer about a payment that was ordered with this number.
    package init(_ answer: ExchangeAnswer, id: PaymentULID, number: Int, of plan: PaymentPlan) {
        switch answer.status {
        case 404: self = .unknown
        case 200:
            guard let payment = JSONAnswer.decode(PaymentAnswer.self, answer.body) else {
                self = .wrong("it cannot be read")
                return
            }
            self = payment.id == id.description ? PaymentLook(payment, number, plan) : .wrong("as \(payment.id)")
        default: self = .unclear
        }
    }

    private init(_ payment: PaymentAnswer, _ number: Int, _ plan: PaymentPlan) {
        let sides = plan.sides(number)
        guard payment.from == plan.user(sides.from), payment.to == plan.user(sides.to),
            Cents.read(payment.amount) == plan.cents(number)
        else {
            self = .wrong("\(payment.amount) from \(payment.from) to \(payment.to)")
            return
        }
        guard let created = RFC3339.milliseconds(payment.created) else {
            self = .wrong("created_at is \(payment.created)")
            return
        }
        let states: [String: PlannedPayment.State] = ["done": .done, "failed": .failed, "cancelled": .cancelled]
        guard let state = states[payment.status] else {
            let isOpen = payment.status == "pending" || payment.status == "locked"
            self = isOpen ? .open(created: created) : .wrong("status \(payment.status)")
            return
        }
        guard let finished = payment.finished.flatMap({ RFC3339.milliseconds($0) }) else {
            self = .wrong("\(payment.status) without finished_at")
            return
        }
        let reason = state == .done ? nil : payment.reason ?? payment.status
        self = .ended(End(state: state, created: created, finished: finished, reason: reason))
    }
}
