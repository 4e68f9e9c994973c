private import CNettle

/// Ethereum's hash: Keccak as it was before it became SHA-3, which pads differently.
package enum Keccak256 {
    package static func hash(_ bytes: [UInt8]) -> Hash32 {
        let hash = unsafe [UInt8](unsafeUninitializedCapacity: Hash32.count) { hash, count in
            unsafe bytes.withUnsafeBufferPointer { bytes in
                unsafe cnettle_keccak256(bytes.baseAddress, bytes.count, hash.baseAddress)
            }
            count = Hash32.count
        }
        return Hash32(checked: hash)
    }
}
