/// An IPv4 or IPv6 address, as a number.
///
/// Zone ids do not exist here: an address that needs one is never a public one.
package enum IPAddress: Hashable, Sendable {
    case v4(UInt32)
    case v6(UInt128)

    /// Four or sixteen bytes in network order; `nil` for any other number of them.
    package init?(bytes: some Collection<UInt8>) {
        switch bytes.count {
        case 4: self = .v4(bytes.reduce(0) { $0 << 8 | UInt32($1) })
        case 16: self = .v6(bytes.reduce(0) { $0 << 8 | UInt128($1) })
        default: return nil
        }
    }

    /// Reads an IPv6 address, or an IPv4 address in any notation the C library would connect to.
    ///
    /// The notation is one to four numbers, each decimal, octal with a leading `0` or hexadecimal with a leading `0x`.
    package init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        if let address = IPAddress.v4(bytes) {
            self = .v4(address)
        } else if let address = IPAddress.v6(bytes) {
            self = .v6(address)
        } else {
            return nil
        }
    }

    /// The IPv4 address inside an IPv4-mapped one, since the kernel connects to that; else the address itself.
    package var unmapped: IPAddress {
        guard case .v6(let number) = self, number >> 32 == 0xFFFF else { return self }
        return .v4(UInt32(truncatingIfNeeded: number))
    }

    /// Whether no caller may send us there: private, local, reserved, for documentation, multicast or a tunnel.
    ///
    /// Of IPv6 only what is assigned for global unicast is outside. NAT64 and 6to4 addresses are inside whatever
    /// address they carry, because where they lead is decided by a gateway we know nothing of.
    package var isInside: Bool {
        AddressRange.inside.contains { $0.contains(self) }
    }

    /// `inet_aton` of the C library: the last number fills all the bytes that are left.
    private static func v4(_ bytes: [UInt8]) -> UInt32? {
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard (1...4).contains(parts.count) else { return nil }
        var address: UInt64 = 0
        for (index, part) in parts.enumerated() {
            let isLast = index == parts.count - 1
            let limit: UInt64 = isLast ? 1 << (8 * UInt64(5 - parts.count)) : 256
            guard let number = self.number(part), number < limit else { return nil }
            address |= isLast ? number : number << (24 - 8 * UInt64(index))
        }
        return UInt32(exactly: address)
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        // More digits than any 32-bit number has, but for leading zeros, which nobody writes in good faith.
        guard digits.count <= 32 else { return nil }
        let text = String(decoding: digits, as: UTF8.self).lowercased()
        let rest = text.hasPrefix("0x") ? text.dropFirst(2) : text[...]
        guard rest.utf8.allSatisfy(self.isHexadecimal) else { return nil }
        if rest.count < text.count { return UInt64(rest, radix: 16) }
        return UInt64(text, radix: text.hasPrefix("0") ? 8 : 10)
    }

    private static func v6(_ bytes: [UInt8]) -> UInt128? {
        let colon = UInt8(ascii: ":")
        guard bytes.count >= 2, bytes.count <= 45 else { return nil }
        var halves: [[UInt16]] = [[]]
        var rest = bytes[...]
        if rest.starts(with: [colon, colon]) {
            halves.append([])
            rest = rest.dropFirst(2)
        }
        while !rest.isEmpty {
            let end = rest.firstIndex(of: colon) ?? rest.endIndex
            let group = rest[..<end]
            guard let words = end == rest.endIndex ? self.lastWords(group) : self.word(group).map({ [$0] }) else {
                return nil
            }
            halves[halves.count - 1] += words
            rest = rest[end...]
            guard rest.popFirst() != nil else { break }
            if rest.first == colon {
                guard halves.count == 1 else { return nil }
                halves.append([])
                rest = rest.dropFirst()
            } else if rest.isEmpty {
                return nil
            }
        }
        let count = halves.reduce(0) { $0 + $1.count }
        guard halves.count == 2 ? count <= 7 : count == 8 else { return nil }
        let words = halves[0] + Array(repeating: 0, count: 8 - count) + (halves.count == 2 ? halves[1] : [])
        return words.reduce(0) { $0 << 16 | UInt128($1) }
    }

    private static func word(_ digits: ArraySlice<UInt8>) -> UInt16? {
        guard (1...4).contains(digits.count), digits.allSatisfy(self.isHexadecimal) else { return nil }
        return UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
    }

    /// The last group may be a dotted IPv4 address, which counts for two words.
    private static func lastWords(_ group: ArraySlice<UInt8>) -> [UInt16]? {
        guard group.contains(UInt8(ascii: ".")) else { return self.word(group).map { [$0] } }
        let parts = group.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let isDotted = parts.allSatisfy { (1...3).contains($0.count) && $0.allSatisfy(self.isHexadecimal) }
        guard parts.count == 4, isDotted else { return nil }
        let numbers = parts.compactMap { UInt8(String(decoding: $0, as: UTF8.self)) }
        guard numbers.count == 4 else { return nil }
        return [UInt16(numbers[0]) << 8 | UInt16(numbers[1]), UInt16(numbers[2]) << 8 | UInt16(numbers[3])]
    }

    /// Signs are not digits, though `UInt64` takes them.
    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
    }
}
