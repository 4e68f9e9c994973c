/// The changes of a load, by number: the request for each, and the reading of its answers.
package protocol ChangePlan: Sendable {
    var count: Int { get }

    /// The name of one change in complaints: `add`.
    var word: String { get }

    /// Whether each one that was taken is kept in the tally, for a comparison afterwards.
    var isRemembered: Bool { get }

    /// The user whose account it changes first.
    func user(of number: Int) -> String

    func `repeat`(_ number: Int) -> ChangeRepeat

    /// Always the same for a number, with the same key.
    func request(_ number: Int) -> ExchangeRequest

    func outcome(_ answer: ExchangeAnswer, of number: Int) -> ChangeOutcome

    /// The outcome of a change without an answer; by default it is sent again.
    func outcome(_ reason: ExchangeBreak, of number: Int) -> ChangeOutcome
}

extension ChangePlan {
    package func outcome(_ reason: ExchangeBreak, of number: Int) -> ChangeOutcome { .again(.broken(reason)) }
}

/// Whether a change is deliberately sent a second time.
package enum ChangeRepeat: Hashable, Sendable {
    case never
    case atOnce
    /// After the first was answered.
    case afterwards
}

/// Chooses which changes are sent twice: so large a share of them, half of these both at once.
package struct ChangeRepeats: Sendable {
    private let words: SeededRandom
    /// Repeated are the changes whose number of the stream lies below.
    private let bound: UInt64

    /// `share` is 0 to 1.
    package init(share: Double, seed: Int, stream: UInt64) {
        self.words = SeededRandom(seed: seed, stream: stream)
        self.bound = UInt64(share * Double(1 << 53))
    }

    package subscript(number: Int) -> ChangeRepeat {
        let word = self.words[UInt64(number)]
        guard word >> 11 < self.bound else { return .never }
        return word & 1 == 0 ? .atOnce : .afterwards
    }
}

/// Is told by the event loops when changes are sent, and how each attempt ends.
package protocol ChangeWatcher: Sendable {
    /// It is about to be sent for the first time.
    func sent(_ number: Int, at now: Int64)

    func ended(_ number: Int, _ ending: ExchangeEnding, _ outcome: ChangeOutcome, at now: Int64)
}
