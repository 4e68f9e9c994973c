import Nettle

/// Ethereum's hash: Keccak as it was before it became SHA-3, which pads differently.
package enum Keccak256 {
    package static func hash(_ bytes: [UInt8]) -> Hash32 { Hash32(checked: Nettle.keccak256(bytes)) }
}
