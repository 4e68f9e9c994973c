/// A kind of request in a mixed load.
package enum MixedOperation: String, Hashable, Sendable, CaseIterable {
    /// An id is counted.
    case accept
    /// Money is added to an account.
    case add
    case balance
    case history
    /// A payment is ordered.
    case payment
    /// The last payment that was taken is waited for.
    case wait
    case coupon
    /// A coin is asked for.
    case coin

    /// Whether it changes something, so that it has a key.
    package var isChange: Bool {
        switch self {
        case .add, .payment, .coupon, .coin: true
        case .accept, .balance, .history, .wait: false
        }
    }
}

/// How often each kind of request comes, as shares of their sum.
package struct MixedShares: Hashable, Sendable {
    package static let standard = MixedShares([
        .accept: 30, .add: 20, .balance: 10, .history: 5, .payment: 10, .wait: 10, .coupon: 10, .coin: 5,
    ])

    /// For each hundredth, or other part, of the whole.
    private let parts: [MixedOperation]

    package init(_ shares: [MixedOperation: Int]) {
        self.parts = MixedOperation.allCases.flatMap { Array(repeating: $0, count: shares[$0] ?? 0) }
    }

    /// Reads `accept=30,add=20`; a kind that is not named does not come.
    package init(_ text: String) throws(LoadError) {
        var shares: [MixedOperation: Int] = [:]
        let names = MixedOperation.allCases.map(\.rawValue).joined(separator: ", ")
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let pair = part.split(separator: "=", omittingEmptySubsequences: false)
            guard pair.count == 2, let operation = MixedOperation(rawValue: String(pair[0])), shares[operation] == nil,
                let share = Int(pair[1]), (0...1000).contains(share)
            else {
                throw .badArgument(
                    "--mix is NAME=SHARE,… with shares of 0 to 1000 and each of \(names) once at most, not \(part)"
                )
            }
            shares[operation] = share
        }
        self.init(shares)
        guard !self.parts.isEmpty else { throw .badArgument("--mix has no share above 0") }
    }

    package func has(_ operation: MixedOperation) -> Bool { self.parts.contains(operation) }

    /// The same kind for the same word.
    package subscript(word: UInt64) -> MixedOperation { self.parts[Int(word % UInt64(self.parts.count))] }
}
