import Nettle

/// A keyed permutation of all 64-bit numbers: a balanced Feistel network of ten rounds with AES-256 as its round
/// function (Luby and Rackoff 1988; ten rounds as in NIST SP 800-38G's FF1).
///
/// About 0.5 µs a number.
struct CodeCipher: Sendable {
    private static let rounds: UInt64 = 10

    private let aes: AES256

    /// `nil` for a key of another length than AES-256's.
    init?(key: [UInt8]) {
        guard let aes = AES256(key: key) else { return nil }
        self.aes = aes
    }

    func encrypted(_ number: UInt64) -> UInt64 {
        var (left, right) = (UInt32(truncatingIfNeeded: number >> 32), UInt32(truncatingIfNeeded: number))
        for round in 0..<Self.rounds { (left, right) = (right, left ^ self.word(right, round)) }
        return UInt64(left) << 32 | UInt64(right)
    }

    func decrypted(_ number: UInt64) -> UInt64 {
        var (left, right) = (UInt32(truncatingIfNeeded: number >> 32), UInt32(truncatingIfNeeded: number))
        for round in (0..<Self.rounds).reversed() { (left, right) = (right ^ self.word(left, round), left) }
        return UInt64(left) << 32 | UInt64(right)
    }

    private func word(_ half: UInt32, _ round: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: self.aes.encrypted((round, UInt64(half))).0)
    }
}
