/// The users that the issues of a load are for.
package struct CouponUsers: Sendable {
    package let count: Int
    private let prefix: String
    private let words: SeededRandom

    /// `count` 0 is nobody.
    package init(count: Int, prefix: String, seed: Int) {
        self.count = count
        self.prefix = prefix
        self.words = SeededRandom(seed: seed, stream: 31)
    }

    /// The user of an issue; nil when it names nobody.
    package subscript(number: Int) -> String? {
        guard self.count > 0 else { return nil }
        return "\(self.prefix)-u\(self.words[UInt64(number)] % UInt64(self.count))"
    }
}
