/// The adds that give each account of a load its balance.
package struct SeedPlan: ChangePlan {
    package let count: Int
    private let prefix: String
    private let cents: Int64

    package init(_ configuration: PaymentsLoadConfiguration) {
        self.count = configuration.accounts
        self.prefix = configuration.prefix
        self.cents = configuration.balance
    }

    package var word: String { "add" }

    package var isRemembered: Bool { false }

    package func user(of number: Int) -> String { "\(self.prefix)-\(number)" }

    package func `repeat`(_ number: Int) -> ChangeRepeat { .never }

    package func request(_ number: Int) -> ExchangeRequest {
        ExchangeRequest(
            path: "/users/\(self.user(of: number))/add",
            change: ExchangeRequest.Change(
                key: "\(self.prefix)-s\(number)",
                body: .json("{\"amount\":\"\(Cents.text(self.cents))\"}")
            )
        )
    }

    package func outcome(_ answer: ExchangeAnswer, of number: Int) -> ChangeOutcome {
        if answer.isServerError { return .again(.serverError(answer.status)) }
        return ChangeOutcome(answer, user: self.user(of: number), cents: self.cents, durability: nil)
    }
}
