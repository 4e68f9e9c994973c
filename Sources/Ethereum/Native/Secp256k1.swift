private import CSecp256k1

/// The curve of Ethereum's signatures, as libsecp256k1 computes on it.
///
/// Any number of threads may use it.
package enum Secp256k1 {
    /// A point of the curve, as the 64 bytes of its x and y.
    package struct PublicKey: Hashable, Sendable {
        package let bytes: [UInt8]

        /// The last 20 bytes of the hash.
        package var address: Address {
            Address(checked: [UInt8](Keccak256.hash(self.bytes).bytes.suffix(Address.count)))
        }
    }

    /// `nil` without memory, or with a kernel that has no random numbers: then nothing can be signed.
    private nonisolated(unsafe) static let context: OpaquePointer? = unsafe csecp256k1_context()

    /// Whether anything can be signed by this process; it stays as it is.
    package static var isReady: Bool { unsafe Self.context != nil }

    /// The public key of what is on the page, or `nil` when that is not a secret.
    package static func publicKey(_ page: KeyPage) -> PublicKey? {
        guard let context = unsafe Self.context else { return nil }
        var isDone = false
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 64) { bytes, count in
            isDone = unsafe csecp256k1_public_key(context, bytes.baseAddress, page.secret) == 1
            count = isDone ? 64 : 0
        }
        return isDone ? PublicKey(bytes: bytes) : nil
    }

    /// Signs with the same nonce for the same hash and key (RFC 6979): the same bytes each time.
    package static func sign(_ hash: Hash32, with page: KeyPage) -> Signature? {
        guard let context = unsafe Self.context else { return nil }
        var recovery: CInt = -1
        var isDone = false
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 64) { bytes, count in
            isDone = unsafe csecp256k1_sign(context, bytes.baseAddress, &recovery, hash.bytes, page.secret) == 1
            count = isDone ? 64 : 0
        }
        // 2 and 3 are for an x above the curve's order, once in 2¹²⁷ signatures: no transaction can say that.
        guard isDone, (0...1).contains(recovery) else { return nil }
        return Signature(checked: bytes, isOdd: recovery == 1)
    }

    /// The key that made the signature: `nil` when none did, or s is in the upper half.
    package static func recover(_ signature: Signature, of hash: Hash32) -> PublicKey? {
        guard let context = unsafe Self.context else { return nil }
        var isDone = false
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 64) { bytes, count in
            let recovery: CInt = signature.isOdd ? 1 : 0
            isDone =
                unsafe csecp256k1_recover(context, bytes.baseAddress, signature.bytes, recovery, hash.bytes) == 1
            count = isDone ? 64 : 0
        }
        return isDone ? PublicKey(bytes: bytes) : nil
    }
}
