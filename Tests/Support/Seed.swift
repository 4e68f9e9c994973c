import Foundation

/// One case of a property: everything random in it follows from its number.
///
/// `PROPERTY_SEED=7 swift test` runs case 7 of each property alone.
package struct Seed: Hashable, Sendable, CustomStringConvertible {
    package let number: UInt64

    package init(_ number: UInt64) {
        self.number = number
    }

    /// The cases 0 up to `count`, or the one that `PROPERTY_SEED` names.
    ///
    /// In a soak they are as many more as its rounds are longer, and others in each round.
    package static func cases(_ count: Int) -> [Seed] {
        if let text = ProcessInfo.processInfo.environment["PROPERTY_SEED"], let number = UInt64(text) {
            return [Seed(number)]
        }
        let first = Round.length > 1 ? Round.seed.number &* 100_000 : 0
        return (0..<UInt64(Round.long(count))).map { Seed(first &+ $0) }
    }

    package var random: SeededGenerator { SeededGenerator(seed: self.number) }

    package var description: String { "seed \(self.number)" }
}

/// SplitMix64: small, quick, and the same numbers for the same seed everywhere.
package struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) {
        // Neighbouring seeds would otherwise begin with neighbouring states.
        self.state = (seed &+ 1) &* 0x9e37_79b9_7f4a_7c15
    }

    package mutating func next() -> UInt64 {
        self.state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
