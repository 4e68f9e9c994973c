/// The payments of a load, by number: payer, payee, amount and key of each, and the choice of those that are sent
/// twice.
///
/// All but names and keys comes from the seed alone and is computed anew each time, so that it takes no memory.
package struct PaymentPlan: ChangePlan {
    package let count: Int
    private let prefix: String
    private let pattern: PaymentPattern
    private let draw: PaymentPattern.Draw
    private let largestCents: Int64
    private let words: SeededRandom
    private let amounts: SeededRandom
    private let repeats: ChangeRepeats

    package init(_ configuration: PaymentsLoadConfiguration) {
        self.count = configuration.payments
        self.prefix = configuration.prefix
        self.pattern = configuration.pattern
        self.draw = PaymentPattern.Draw(accounts: configuration.accounts, ringSize: configuration.ringSize)
        self.largestCents = configuration.largestCents
        self.words = SeededRandom(seed: configuration.seed, stream: 11)
        self.amounts = SeededRandom(seed: configuration.seed, stream: 12)
        self.repeats = ChangeRepeats(share: configuration.repeatShare, seed: configuration.seed, stream: 13)
    }

    package var word: String { "payment" }

    /// The book remembers them.
    package var isRemembered: Bool { false }

    package var accounts: Int { self.draw.accounts }

    package func user(_ account: Int) -> String { "\(self.prefix)-\(account)" }

    package func user(of number: Int) -> String { self.user(self.sides(number).from) }

    package func sides(_ number: Int) -> (from: Int, to: Int) {
        let place = UInt64(number) * 2
        return self.draw.sides(self.pattern, number: number, self.words[place], self.words[place + 1])
    }

    package func cents(_ number: Int) -> Int64 {
        1 + Int64(self.amounts[UInt64(number)] % UInt64(self.largestCents))
    }

    package func `repeat`(_ number: Int) -> ChangeRepeat { self.repeats[number] }

    package func request(_ number: Int) -> ExchangeRequest {
        let sides = self.sides(number)
        let description = number & 4 == 0 ? "" : ",\"description\":\"payment \(number)\""
        return ExchangeRequest(
            path: "/payments",
            change: ExchangeRequest.Change(
                key: "\(self.prefix)-p\(number)",
                body: .json(
                    "{\"from_account\":\"\(self.user(sides.from))\",\"to_account\":\"\(self.user(sides.to))\","
                        + "\"amount\":\(Cents.json(self.cents(number), variant: number))\(description)}"
                )
            )
        )
    }

    package func outcome(_ answer: ExchangeAnswer, of number: Int) -> ChangeOutcome {
        if answer.isServerError { return .again(.serverError(answer.status)) }
        return answer.status == 202 ? Self.accepted(answer) : ChangeOutcome(refusal: answer)
    }

    private static func accepted(_ answer: ExchangeAnswer) -> ChangeOutcome {
        guard let body = JSONAnswer.decode(AcceptedPayment.self, answer.body), body.status == "pending" else {
            return .failed("202 of another form")
        }
        guard PaymentULID(body.id) != nil else { return .failed("202 with an id of another form") }
        guard body.links.own == "/payments/\(body.id)", answer.location?.hasSuffix("/payments/\(body.id)") == true
        else {
            return .failed("202 with another link or Location")
        }
        return .accepted(
            ChangeReceipt(
                transactionID: body.id,
                place: nil,
                isReplay: answer.isReplay,
                durability: answer.durability,
                body: answer.body
            )
        )
    }
}

private struct AcceptedPayment: Decodable {
    struct Links: Decodable {
        let own: String

        enum CodingKeys: String, CodingKey { case own = "self" }
    }

    let id, status: String
    let links: Links
}
