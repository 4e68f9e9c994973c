import Synchronization

/// The requests of a mixed load, by number: each one of a kind, and as the load of that kind alone would send it.
package struct MixedPlan: ChangePlan {
    /// Until payments were taken there is none to wait for.
    package final class LastPayment: Sendable {
        private let id = Mutex<String?>(nil)

        package init() {}

        package var path: String? { self.id.withLock { $0 }.map { "/payments/\($0)?wait=3" } }

        package func note(_ id: String) { self.id.withLock { $0 = id } }
    }

    package let count: Int
    package let adds: AddPlan
    package let payments: PaymentPlan
    private let issues: IssuePlan
    private let coins: DistributionPlan
    private let shares: MixedShares
    private let words: SeededRandom
    private let prefix: String
    private let isKeyless: Bool
    private let last: LastPayment

    package init(_ configuration: MixedLoadConfiguration, campaign: Int64, last: LastPayment) throws(LoadError) {
        let coins = configuration.coins
        self.count = configuration.count
        self.adds = AddPlan(configuration.adds)
        self.payments = PaymentPlan(configuration.payments)
        self.issues = IssuePlan(configuration.coupons, campaign: campaign, first: 0, count: self.count)
        self.coins = DistributionPlan(coins, try Recipients(coins), first: 0, count: self.count)
        self.shares = configuration.shares
        self.words = SeededRandom(seed: configuration.seed, stream: 41)
        self.prefix = configuration.runID
        self.isKeyless = configuration.isKeyless
        self.last = last
    }

    package var word: String { "request" }

    /// The book remembers them.
    package var isRemembered: Bool { false }

    package func operation(_ number: Int) -> MixedOperation { self.shares[self.words[UInt64(number)]] }

    package func user(of number: Int) -> String {
        self.part(number)?.user(of: number) ?? self.operation(number).rawValue
    }

    package func `repeat`(_ number: Int) -> ChangeRepeat {
        self.isKeyless ? .never : self.part(number)?.repeat(number) ?? .never
    }

    package func request(_ number: Int) -> ExchangeRequest {
        if let part = self.part(number) {
            let request = part.request(number)
            guard self.isKeyless, let change = request.change else { return request }
            return ExchangeRequest(path: request.path, change: ExchangeRequest.Change(key: nil, body: change.body))
        }
        // Above all ids that other loads count.
        let id = Int64(self.words[UInt64(number)] >> 2) + (1 << 61)
        let user = self.adds.user(of: number)
        return switch self.operation(number) {
        case .history: ExchangeRequest(path: "/users/\(user)/history")
        case .wait: ExchangeRequest(path: self.last.path ?? "/users/\(user)/balance")
        case .accept: ExchangeRequest(path: "/api/verve/accept?id=\(id)")
        case .balance, .add, .payment, .coupon, .coin: ExchangeRequest(path: "/users/\(user)/balance")
        }
    }

    package func outcome(_ answer: ExchangeAnswer, of number: Int) -> ChangeOutcome {
        let outcome: ChangeOutcome
        if let part = self.part(number) {
            outcome = answer.isServerError ? .again(.serverError(answer.status)) : part.outcome(answer, of: number)
        } else if answer.status >= 500 {
            outcome = .again(.serverError(answer.status))
        } else if answer.status == 200 {
            let body: [UInt8] = []
            outcome = .accepted(
                ChangeReceipt(transactionID: "", place: nil, isReplay: false, durability: nil, body: body)
            )
        } else {
            outcome = .failed("status \(answer.status) \(answer.problem)")
        }
        return self.kept(outcome, number)
    }

    package func outcome(_ reason: ExchangeBreak, of number: Int) -> ChangeOutcome {
        self.kept(.again(.broken(reason)), number)
    }

    /// A change without a key must not be sent again.
    private func kept(_ outcome: ChangeOutcome, _ number: Int) -> ChangeOutcome {
        guard self.isKeyless, self.operation(number).isChange, case .again(let doubt) = outcome else { return outcome }
        return .lost(doubt)
    }

    /// The load that knows this kind; reads are our own.
    private func part(_ number: Int) -> (any ChangePlan)? {
        switch self.operation(number) {
        case .add: self.adds
        case .payment: self.payments
        case .coupon: self.issues
        case .coin: self.coins
        case .accept, .balance, .history, .wait: nil
        }
    }
}
