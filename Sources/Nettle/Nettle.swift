private import CNettle

/// What nettle, the cryptographic library, does for us.
package enum Nettle {
    package static let keccakByteCount = 32

    /// Keccak-256 as Ethereum has it: padded as before Keccak became SHA-3.
    package static func keccak256(_ bytes: [UInt8]) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: Self.keccakByteCount) { hash, count in
            unsafe bytes.withUnsafeBufferPointer { bytes in
                unsafe cnettle_keccak256(bytes.baseAddress, bytes.count, hash.baseAddress)
            }
            count = Self.keccakByteCount
        }
    }
}

/// The block cipher AES with a key of 256 bits (FIPS 197).
package struct AES256: Sendable {
    package static let keyByteCount = 32

    private let schedule: aes256_ctx

    /// `nil` for another number of bytes than ``keyByteCount``.
    package init?(key: [UInt8]) {
        guard key.count == Self.keyByteCount else { return nil }
        var schedule = aes256_ctx()
        unsafe key.withUnsafeBufferPointer { key in
            if let start = key.baseAddress { unsafe nettle_aes256_set_encrypt_key(&schedule, start) }
        }
        self.schedule = schedule
    }

    /// One block, given and answered as two numbers whose bytes are little-endian, encrypted.
    ///
    /// About 30 ns.
    package func encrypted(_ block: (UInt64, UInt64)) -> (UInt64, UInt64) {
        var block = (block.0.littleEndian, block.1.littleEndian)
        unsafe withUnsafeMutableBytes(of: &block) { bytes in
            unsafe withUnsafePointer(to: self.schedule) { schedule in
                let start = unsafe bytes.assumingMemoryBound(to: UInt8.self).baseAddress
                if let start = unsafe start { unsafe nettle_aes256_encrypt(schedule, 16, start, start) }
            }
        }
        return (UInt64(littleEndian: block.0), UInt64(littleEndian: block.1))
    }
}
