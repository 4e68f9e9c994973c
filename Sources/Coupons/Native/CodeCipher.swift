private import CNettle

/// A keyed permutation of all 64-bit numbers: a balanced Feistel network of ten rounds with AES-256 as its round
/// function (Luby and Rackoff 1988; ten rounds as in NIST SP 800-38G's FF1).
///
/// About 0.3 µs a number.
struct CodeCipher: Sendable {
    private static let rounds: UInt8 = 10

    private let schedule: aes256_ctx

    init(_ key: CodeKey) {
        var schedule = aes256_ctx()
        unsafe key.bytes.withUnsafeBufferPointer { bytes in
            // A code key has exactly the bytes that nettle reads.
            if let start = bytes.baseAddress { unsafe nettle_aes256_set_encrypt_key(&schedule, start) }
        }
        self.schedule = schedule
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

    /// One block of AES over the round's number and half of the block.
    private func word(_ half: UInt32, _ round: UInt8) -> UInt32 {
        var block = (UInt64(round).littleEndian, UInt64(half).littleEndian)
        unsafe withUnsafeMutableBytes(of: &block) { bytes in
            unsafe withUnsafePointer(to: self.schedule) { schedule in
                let block = unsafe bytes.assumingMemoryBound(to: UInt8.self).baseAddress
                if let block = unsafe block { unsafe nettle_aes256_encrypt(schedule, 16, block, block) }
            }
        }
        return UInt32(truncatingIfNeeded: UInt64(littleEndian: block.0))
    }
}
