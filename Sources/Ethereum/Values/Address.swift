/// Why a text is no address.
package enum AddressError: Error, Hashable, Sendable {
    /// Not `0x` and 40 hexadecimal digits.
    case invalid
    /// Upper and lower case are mixed in another way than EIP-55 wants it: a digit is probably wrong.
    case checksum
}

/// An account: the last 20 bytes of its public key's hash.
package struct Address: Hashable, Sendable {
    package static let count = 20
    package static let zero = Address(checked: [UInt8](repeating: 0, count: Self.count))

    /// Always ``count`` bytes.
    package let bytes: [UInt8]

    /// Takes 20 bytes, and refuses any other number of them.
    package init?(bytes: [UInt8]) {
        guard bytes.count == Self.count else { return nil }
        self.bytes = bytes
    }

    /// Takes `0x` and 40 hexadecimal digits of any case, and does not look at the checksum.
    ///
    /// For texts that a machine wrote. ``parse(_:)`` is for those that a person may have typed.
    package init?(hex: some StringProtocol) {
        guard let bytes = Hex.bytes(hex) else { return nil }
        self.init(bytes: bytes)
    }

    /// For code of this module that has just made 20 bytes.
    init(checked bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Takes what a person typed: all lower case, all upper case, or mixed as EIP-55 wants it.
    package static func parse(_ text: some StringProtocol) throws(AddressError) -> Address {
        let text = String(text)
        guard let address = Address(hex: text) else { throw .invalid }
        let letters = text.utf8.dropFirst(2).filter { $0 >= UInt8(ascii: "A") }
        let isMixed = letters.contains { $0 < UInt8(ascii: "a") } && letters.contains { $0 >= UInt8(ascii: "a") }
        guard !isMixed || text.utf8.elementsEqual(address.text.utf8) else { throw .checksum }
        return address
    }

    /// `0x` and 40 hexadecimal digits, with the checksum of EIP-55 in their case.
    package var text: String {
        let lower = [UInt8](self.lowercased.utf8)
        let hash = Keccak256.hash([UInt8](lower.dropFirst(2))).bytes
        let mixed = lower.enumerated().map { place, character in
            guard place >= 2, character >= UInt8(ascii: "a") else { return character }
            let digit = place - 2
            let nibble = digit.isMultiple(of: 2) ? hash[digit / 2] >> 4 : hash[digit / 2] & 0xF
            return nibble >= 8 ? character - 0x20 : character
        }
        return String(decoding: mixed, as: UTF8.self)
    }

    /// `0x` and 40 hexadecimal digits in lower case: the form in keys and records.
    package var lowercased: String { Hex.text(self.bytes) }
}

extension Address: CustomStringConvertible {
    package var description: String { self.text }
}
