/// Sends every change of a mixed load once more, with its key: a change that was taken must be answered the same.
package struct MixedAgainPlan: ChangePlan {
    private let plan: MixedPlan
    private let book: MixedBook
    private let numbers: [Int]

    package init(_ plan: MixedPlan, _ book: MixedBook) {
        self.plan = plan
        self.book = book
        self.numbers = book.records.keys.filter { plan.operation($0).isChange }.sorted()
    }

    package var count: Int { self.numbers.count }

    package var word: String { "change" }

    package var isRemembered: Bool { false }

    package func number(_ place: Int) -> Int { self.numbers[place] }

    package func user(of place: Int) -> String { self.plan.user(of: self.numbers[place]) }

    package func `repeat`(_ place: Int) -> ChangeRepeat { .never }

    package func request(_ place: Int) -> ExchangeRequest { self.plan.request(self.numbers[place]) }

    package func outcome(_ answer: ExchangeAnswer, of place: Int) -> ChangeOutcome {
        let number = self.numbers[place]
        let outcome = self.plan.outcome(answer, of: number)
        guard case .accepted(let receipt) = outcome, let first = self.book.record(number), first.name != nil,
            first.name != receipt.transactionID || first.body != receipt.body
        else { return outcome }
        let texts = [first.body, receipt.body].map { String(decoding: $0.prefix(200), as: UTF8.self) }
        return .failed("answered \(texts[0]) first and \(texts[1]) at last")
    }
}

/// Asks for each payment and coin of a mixed load until it has come to its end.
package struct MixedEndPlan: ChangePlan {
    private let plan: MixedPlan
    private let names: [(number: Int, name: String)]

    package init(_ plan: MixedPlan, _ records: [Int: MixedBook.Record]) {
        self.plan = plan
        self.names = records.compactMap { number, record in
            let operation = plan.operation(number)
            guard operation == .payment || operation == .coin, let name = record.name else { return nil }
            return (number, name)
        }
        .sorted { $0.number < $1.number }
    }

    package var count: Int { self.names.count }

    package var word: String { "end" }

    package var isRemembered: Bool { false }

    package func user(of place: Int) -> String { self.names[place].name }

    package func `repeat`(_ place: Int) -> ChangeRepeat { .never }

    package func request(_ place: Int) -> ExchangeRequest {
        let name = self.names[place].name
        return ExchangeRequest(path: "/\(self.isPayment(place) ? "payments" : "distributions")/\(name)?wait=1")
    }

    package func outcome(_ answer: ExchangeAnswer, of place: Int) -> ChangeOutcome {
        guard answer.status == 200 else {
            return answer.status >= 500
                ? .again(.serverError(answer.status)) : .failed("status \(answer.status) \(answer.problem)")
        }
        let isOver: Bool
        if self.isPayment(place) {
            guard let id = PaymentULID(self.names[place].name) else { return .failed("an id of another form") }
            let look = PaymentLook(answer, id: id, number: self.names[place].number, of: self.plan.payments)
            switch look {
            case .open, .unclear: isOver = false
            case .ended(let end):
                guard end.state == .done else { return .failed("it failed: \(end.reason ?? "no reason")") }
                isOver = true
            case .unknown: return .failed("it is unknown")
            case .wrong(let reason): return .failed(reason)
            }
        } else {
            guard let told = DistributionAnswer(answer.body), told.id == self.names[place].name else {
                return .failed("200 of another form")
            }
            guard told.state != .failed else { return .failed("it failed: \(told.reason ?? "no reason")") }
            isOver = told.state == .mined || told.state == .confirmed
        }
        guard isOver else { return .again(.inProgress) }
        return .accepted(ChangeReceipt(transactionID: "", place: nil, isReplay: false, durability: nil, body: []))
    }

    private func isPayment(_ place: Int) -> Bool { self.plan.operation(self.names[place].number) == .payment }
}
