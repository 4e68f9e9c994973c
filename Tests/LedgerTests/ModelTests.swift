import Coordination
import Ledger
import Support
import Testing

/// Random orders against a ledger of a few lines, and every answer compared.
struct ModelTests {
    struct Model {
        struct User {
            var amounts: [Int64] = []
            var references: Set<String> = []
        }

        enum Answer: Hashable {
            case added(sequence: Int64, balance: Int64)
            case refused(Refusal.Reason)
            case reused
        }

        var users: [String: User] = [:]
        var keys: [String: (request: String, answer: Answer)] = [:]

        mutating func add(
            _ user: String,
            _ cents: Int64,
            key: String?,
            reference: String?,
            _ precondition: AddOrder.Precondition
        ) -> (answer: Answer, isReplay: Bool) {
            let request = "\(cents) \(reference ?? "")"
            if let key, let known = self.keys["\(user) \(key)"] {
                return known.request == request ? (known.answer, true) : (.reused, false)
            }
            let answer = self.decide(user, cents, reference: reference, precondition)
            if let key { self.keys["\(user) \(key)"] = (request, answer) }
            return (answer, false)
        }

        private static func holds(_ states: AddOrder.Precondition.States, _ count: Int64) -> Bool {
            switch states {
            case .any: count > 0
            case .sequences(let sequences): sequences.contains(count)
            }
        }

        private mutating func decide(
            _ user: String,
            _ cents: Int64,
            reference: String?,
            _ precondition: AddOrder.Precondition
        ) -> Answer {
            var books = self.users[user, default: User()]
            let count = Int64(books.amounts.count)
            if let match = precondition.match, !Self.holds(match, count) { return .refused(.preconditionFailed) }
            if let none = precondition.noneMatch, Self.holds(none, count) { return .refused(.preconditionFailed) }
            if let reference, !books.references.insert(reference).inserted { return .refused(.duplicateReference) }
            books.amounts.append(cents)
            self.users[user] = books
            return .added(sequence: Int64(books.amounts.count), balance: books.amounts.reduce(0, +))
        }
    }

    @Test(arguments: Seed.cases(3))
    func `the ledger answers as the model does`(seed: Seed) async throws {
        try await LedgerFixture.with { fixture in
            var random = seed.random
            var model = Model()
            for _ in 0..<1500 {
                let user = ["a", "b", "c", "d"].randomElement(using: &random)!
                let cents = [1, 2, 500, Money.largestAmount.minorUnits].randomElement(using: &random)!
                let key = Bool.random(using: &random) ? "k\(Int.random(in: 0..<60, using: &random))" : nil
                let hasReference = Int.random(in: 0..<4, using: &random) == 0
                let reference = hasReference ? "r\(Int.random(in: 0..<80, using: &random))" : nil
                let count = Int64(model.users[user]?.amounts.count ?? 0)
                let precondition: AddOrder.Precondition =
                    switch Int.random(in: 0..<12, using: &random) {
                    case 0: .init(match: .any)
                    case 1: .init(match: .sequences([count]))
                    case 2: .init(match: .sequences([count + 1, max(count - 1, 0)]))
                    case 3: .init(noneMatch: .any)
                    case 4: .init(noneMatch: .sequences([count + 1, max(count - 1, 0)]))
                    case 5: .init(match: .any, noneMatch: .sequences([count]))
                    case 6: .init(match: .sequences([]), noneMatch: .sequences([]))
                    default: .none
                    }
                let expected = model.add(user, cents, key: key, reference: reference, precondition)
                do {
                    let result = try await fixture.add(user, cents, key: key, reference: reference, precondition)
                    #expect(result.isReplay == expected.isReplay)
                    #expect(Self.answer(result) == expected.answer)
                } catch LedgerError.idempotencyKeyReused { #expect(expected.answer == .reused) }
            }
            for (user, books) in model.users {
                let entries = try await fixture.entries(user)
                #expect(entries.map(\.amount.minorUnits) == books.amounts)
                #expect(entries.map(\.sequence) == Array(1...Int64(books.amounts.count)))
                #expect(try await fixture.balance(user).amount.minorUnits == books.amounts.reduce(0, +))
            }
        }
    }

    private static func answer(_ result: AddResult) -> Model.Answer? {
        switch result.outcome {
        case .added(let entry): .added(sequence: entry.sequence, balance: entry.balance.minorUnits)
        case .refused(let refusal): .refused(refusal.reason)
        case .queued, .accepted: nil
        }
    }
}
