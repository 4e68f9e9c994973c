/// The adds of a load, by number: whose, how much, under which key, and which are sent twice.
///
/// All but the keys comes from the seed alone, so a run can be made again.
package struct AddPlan: ChangePlan {
    /// The most that one add is worth: 1000.00.
    package static let largestCents: Int64 = 100_000

    package let prefix: String
    private let runID: String
    private let durability: LedgerLoadConfiguration.Durability?
    /// The user of each add.
    private let users: [UInt32]
    private let amounts: SeededRandom
    private let repeats: ChangeRepeats

    package init(_ configuration: LedgerLoadConfiguration) {
        self.prefix = configuration.effectiveUserPrefix
        self.runID = configuration.runID
        self.durability = configuration.durability
        self.users = Self.interleaved(configuration)
        self.amounts = SeededRandom(seed: configuration.seed, stream: 1)
        self.repeats = ChangeRepeats(share: configuration.repeatShare, seed: configuration.seed, stream: 2)
    }

    package var count: Int { self.users.count }

    package var word: String { "add" }

    package var isRemembered: Bool { true }

    package func user(of number: Int) -> String { self.user(self.userIndex(number)) }

    package func userIndex(_ number: Int) -> Int { Int(self.users[number]) }

    package func user(_ index: Int) -> String { "\(self.prefix)-\(index)" }

    /// From one cent to ``largestCents``.
    package func cents(_ number: Int) -> Int64 {
        1 + Int64(self.amounts[UInt64(number)] % UInt64(Self.largestCents))
    }

    package func `repeat`(_ number: Int) -> ChangeRepeat { self.repeats[number] }

    package func request(_ number: Int) -> ExchangeRequest {
        ExchangeRequest(
            path: "/users/\(self.user(of: number))/add",
            change: ExchangeRequest.Change(
                key: "\(self.prefix)-\(self.runID)-\(number)",
                body: .json("{\"amount\":\(self.amountText(number))}"),
                durability: self.durability?.rawValue
            )
        )
    }

    package func outcome(_ answer: ExchangeAnswer, of number: Int) -> ChangeOutcome {
        ChangeOutcome(
            answer,
            user: self.user(of: number),
            cents: self.cents(number),
            durability: self.durability
        )
    }

    private func amountText(_ number: Int) -> String { Cents.json(self.cents(number), variant: number) }

    /// The users in the order of their adds: mixed, but a user often has up to four in a row, which different
    /// connections then send at the same time.
    private static func interleaved(_ configuration: LedgerLoadConfiguration) -> [UInt32] {
        var random = SeededRandom(seed: configuration.seed, stream: 3)
        let (each, more) = configuration.adds.quotientAndRemainder(dividingBy: configuration.users)
        var runs: [(user: UInt32, length: Int)] = []
        for user in 0..<configuration.users {
            var left = user < more ? each + 1 : each
            while left > 0 {
                let length = min(left, Int.random(in: 1...4, using: &random))
                runs.append((UInt32(user), length))
                left -= length
            }
        }
        runs.shuffle(using: &random)
        var users: [UInt32] = []
        users.reserveCapacity(configuration.adds)
        for run in runs { users.append(contentsOf: repeatElement(run.user, count: run.length)) }
        return users
    }
}
