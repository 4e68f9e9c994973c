/// An ECDSA signature on secp256k1, from which the signer's key can be computed.
package struct Signature: Hashable, Sendable {
    /// 32 bytes of r and 32 of s, the most significant ones first.
    package let bytes: [UInt8]
    /// Whether the nonce's point has an odd y.
    package let isOdd: Bool

    /// For code of this module that has just made 64 bytes.
    init(checked bytes: [UInt8], isOdd: Bool) {
        self.bytes = bytes
        self.isOdd = isOdd
    }

    /// Takes the two numbers as at most 32 bytes each.
    init?(r: [UInt8], s: [UInt8], isOdd: Bool) {
        guard r.count <= 32, s.count <= 32 else { return nil }
        let zeros = [UInt8](repeating: 0, count: 32)
        self.init(checked: zeros.dropLast(r.count) + r + zeros.dropLast(s.count) + s, isOdd: isOdd)
    }

    package var r: Hash32 { Hash32(checked: [UInt8](self.bytes.prefix(32))) }

    /// In the lower half of what it could be, so that there is one signature and not two (EIP-2).
    package var s: Hash32 { Hash32(checked: [UInt8](self.bytes.suffix(32))) }
}
