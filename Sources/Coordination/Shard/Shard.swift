/// One of the 64 parts into which everything that belongs to users is cut.
///
/// Its tag is the hash tag of every key in it, so that one script finds all it needs on one node. The number of shards
/// is fixed for ever: with another one, every balance would be looked for in another place.
package struct Shard: Hashable, Sendable {
    package static let count = 64
    package static let all = (0..<Self.count).map { Shard(number: $0) }

    /// 0 up to ``count``.
    package let number: Int

    /// The shard of a user: CRC-32 of the id modulo 64.
    package init(ofUser userID: String) {
        self.number = Int(CRC32.checksum(of: userID.utf8) % UInt32(Self.count))
    }

    /// Reads `s00` to `s63`; `nil` for anything else.
    package init?(tag: some StringProtocol) {
        guard let number = Int(tag.dropFirst()), (0..<Self.count).contains(number) else { return nil }
        self.init(number: number)
        guard self.tag == tag else { return nil }
    }

    private init(number: Int) {
        self.number = number
    }

    /// `s00` to `s63`, which stands between braces in keys.
    package var tag: String { self.number < 10 ? "s0\(self.number)" : "s\(self.number)" }
}
