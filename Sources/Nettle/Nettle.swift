private import CNettle

/// The functions of nettle, the cryptographic library, that we use.
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

    /// SHA-256 (FIPS 180-4): 32 bytes.
    package static func sha256(_ bytes: [UInt8]) -> [UInt8] {
        var context = sha256_ctx()
        unsafe nettle_sha256_init(&context)
        unsafe bytes.withUnsafeBufferPointer { unsafe nettle_sha256_update(&context, $0.count, $0.baseAddress) }
        return unsafe [UInt8](unsafeUninitializedCapacity: Int(SHA256_DIGEST_SIZE)) { hash, count in
            count = Int(SHA256_DIGEST_SIZE)
            unsafe nettle_sha256_digest(&context, count, hash.baseAddress)
        }
    }

    /// SHA-1 (FIPS 180-4): 20 bytes.
    ///
    /// Only where Redis names scripts by it, and for chains that keep their old hashes.
    package static func sha1(_ bytes: [UInt8]) -> [UInt8] {
        var context = sha1_ctx()
        unsafe nettle_sha1_init(&context)
        unsafe bytes.withUnsafeBufferPointer { unsafe nettle_sha1_update(&context, $0.count, $0.baseAddress) }
        return unsafe [UInt8](unsafeUninitializedCapacity: Int(SHA1_DIGEST_SIZE)) { hash, count in
            count = Int(SHA1_DIGEST_SIZE)
            unsafe nettle_sha1_digest(&context, count, hash.baseAddress)
        }
    }

    /// HMAC with SHA-256 (RFC 2104): 32 bytes.
    package static func hmacSHA256(_ bytes: [UInt8], key: [UInt8]) -> [UInt8] {
        var context = hmac_sha256_ctx()
        unsafe key.withUnsafeBufferPointer { unsafe nettle_hmac_sha256_set_key(&context, $0.count, $0.baseAddress) }
        unsafe bytes.withUnsafeBufferPointer { unsafe nettle_hmac_sha256_update(&context, $0.count, $0.baseAddress) }
        return unsafe [UInt8](unsafeUninitializedCapacity: Int(SHA256_DIGEST_SIZE)) { code, count in
            count = Int(SHA256_DIGEST_SIZE)
            unsafe nettle_hmac_sha256_digest(&context, count, code.baseAddress)
        }
    }

    /// Bytes as two lowercase hexadecimal digits each.
    package static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        for byte in bytes {
            text.append(Self.digits[Int(byte >> 4)])
            text.append(Self.digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static let digits = Array("0123456789abcdef".utf8)
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
