package import Ethereum

/// The requests of one phase, by number: for whom, in what form, under which key, and which are sent twice.
package struct DistributionPlan: ChangePlan {
    package let count: Int
    /// How many came in earlier phases.
    package let first: Int
    package let recipients: Recipients
    private let prefix: String
    private let hasKeys: Bool
    private let isPosting: Bool
    private let repeats: ChangeRepeats

    package init(_ configuration: DistributeLoadConfiguration, _ recipients: Recipients, first: Int, count: Int) {
        self.count = count
        self.first = first
        self.recipients = recipients
        self.prefix = configuration.prefix
        self.hasKeys = configuration.hasKeys
        self.isPosting = configuration.isPosting
        self.repeats = ChangeRepeats(share: configuration.repeatShare, seed: configuration.seed, stream: 21)
    }

    package var word: String { "distribution" }

    /// The book remembers them.
    package var isRemembered: Bool { false }

    package func recipient(_ number: Int) -> Address { self.recipients[self.first + number] }

    package func user(of number: Int) -> String { self.recipient(number).text }

    /// Without a key a repeat is another coin, so there is none.
    package func `repeat`(_ number: Int) -> ChangeRepeat {
        self.hasKeys ? self.repeats[self.first + number] : .never
    }

    package func request(_ number: Int) -> ExchangeRequest {
        let address = self.recipient(number).text
        return ExchangeRequest(
            path: self.isPosting ? "/distribute" : "/distribute?address=\(address)",
            change: ExchangeRequest.Change(
                key: self.hasKeys ? "\(self.prefix)-d\(self.first + number)" : nil,
                body: self.isPosting ? .json("{\"address\":\"\(address)\"}") : nil
            )
        )
    }

    package func outcome(_ answer: ExchangeAnswer, of number: Int) -> ChangeOutcome {
        let outcome: ChangeOutcome
        switch answer.status {
        case 200, 202: outcome = self.taken(answer, number)
        case _ where answer.isServerError: outcome = .again(.serverError(answer.status))
        default: outcome = ChangeOutcome(refusal: answer)
        }
        guard !self.hasKeys, case .again(let doubt) = outcome else { return outcome }
        return .lost(doubt)
    }

    package func outcome(_ reason: ExchangeBreak, of number: Int) -> ChangeOutcome {
        self.hasKeys ? .again(.broken(reason)) : .lost(.broken(reason))
    }

    private func taken(_ answer: ExchangeAnswer, _ number: Int) -> ChangeOutcome {
        guard let distribution = DistributionAnswer(answer.body) else {
            return .failed("\(answer.status) of another form")
        }
        guard distribution.address == self.recipient(number) else {
            return .failed("\(answer.status) for another address")
        }
        if answer.status == 200 {
            guard distribution.message == "Distribution successful" else { return .failed("200 with another message") }
            guard distribution.hash != nil, distribution.state.isSubmitted else {
                return .failed("200 without an accepted transaction")
            }
        } else {
            guard !distribution.state.isSubmitted else { return .failed("202 with status \(distribution.state)") }
            guard answer.location?.hasSuffix("/distributions/\(distribution.id)") == true else {
                return .failed("202 with another Location")
            }
        }
        // A key may be answered with 202 first and with 200 later; this is what both have in common.
        let common = "\(distribution.id), nonce \(distribution.nonce), \(distribution.amount) wei"
        return .accepted(
            ChangeReceipt(
                transactionID: distribution.id,
                place: nil,
                isReplay: answer.isReplay,
                durability: nil,
                body: Array(common.utf8)
            )
        )
    }
}
