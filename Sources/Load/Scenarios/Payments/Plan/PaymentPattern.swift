/// The pattern of payers and payees in a load.
package enum PaymentPattern: String, Hashable, Sendable, CaseIterable {
    case uniform
    /// One account pays half of all.
    case hotPayer = "hot-payer"
    /// One account is paid half of all.
    case hotPayee = "hot-payee"
    /// Two accounts pay each other, in both directions.
    case pairs
    /// Each account of a ring pays the next one.
    case rings
    /// All of these in turn.
    case mixed

    /// The choice of a payment's two sides among so many accounts, decided by two random words.
    package struct Draw: Sendable {
        package let accounts: Int
        package let ringSize: Int

        package init(accounts: Int, ringSize: Int) {
            self.accounts = accounts
            self.ringSize = ringSize
        }

        /// The payer and the payee, always two different ones.
        package func sides(
            _ pattern: PaymentPattern,
            number: Int,
            _ first: UInt64,
            _ second: UInt64
        ) -> (from: Int, to: Int) {
            let (first, second) = (Int(first >> 1), Int(second >> 1))
            switch pattern {
            case .uniform:
                let from = first % self.accounts
                return (from, self.another(than: from, second))
            case .hotPayer:
                let from = first & 1 == 0 ? 0 : 1 + (first >> 1) % (self.accounts - 1)
                return (from, self.another(than: from, second))
            case .hotPayee:
                let to = first & 1 == 0 ? 0 : 1 + (first >> 1) % (self.accounts - 1)
                return (self.another(than: to, second), to)
            case .pairs:
                let pair = second % (self.accounts / 2)
                return (2 * pair + (first & 1), 2 * pair + 1 - (first & 1))
            case .rings:
                let start = first % (self.accounts / self.ringSize) * self.ringSize
                let place = second % self.ringSize
                return (start + place, start + (place + 1) % self.ringSize)
            case .mixed:
                let patterns: [PaymentPattern] = [.uniform, .hotPayer, .hotPayee, .pairs, .rings]
                return self.sides(patterns[number % patterns.count], number: number, UInt64(first), UInt64(second))
            }
        }

        private func another(than account: Int, _ word: Int) -> Int {
            (account + 1 + word % (self.accounts - 1)) % self.accounts
        }
    }
}
