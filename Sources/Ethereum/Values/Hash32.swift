/// 32 bytes that name something: a transaction, a block.
package struct Hash32: Hashable, Sendable {
    package static let count = 32

    /// Always ``count`` bytes.
    package let bytes: [UInt8]

    /// Takes 32 bytes, and refuses any other number of them.
    package init?(bytes: [UInt8]) {
        guard bytes.count == Self.count else { return nil }
        self.bytes = bytes
    }

    /// Takes `0x` and 64 hexadecimal digits of any case.
    package init?(hex: some StringProtocol) {
        guard let bytes = Hex.bytes(hex) else { return nil }
        self.init(bytes: bytes)
    }

    /// For code of this module that has just made 32 bytes.
    init(checked bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// `0x` and 64 hexadecimal digits in lower case.
    package var text: String { Hex.text(self.bytes) }
}

extension Hash32: CustomStringConvertible {
    package var description: String { self.text }
}
