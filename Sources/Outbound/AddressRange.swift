/// All addresses that share their first bits with one address: `10.0.0.0/8`.
package struct AddressRange: Hashable, Sendable {
    package let address: IPAddress
    /// How many first bits count: 0 to 32, or 0 to 128.
    package let length: Int

    /// Reads `ADDRESS/LENGTH`, or an address alone, which is the range of that one.
    ///
    /// Bits after the first `length` must be zero, so that a slip of the pen is not silently a wider range.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(parts[0]) else { return nil }
        let bits = if case .v4 = address { 32 } else { 128 }
        var length = bits
        if parts.count == 2 {
            let isNumber = parts[1].utf8.allSatisfy { (0x30...0x39).contains($0) }
            guard isNumber, let number = Int(parts[1]) else { return nil }
            length = number
        }
        guard (0...bits).contains(length) else { return nil }
        self.init(address, length)
        guard self.contains(address), self.first == address else { return nil }
    }

    private init(_ address: IPAddress, _ length: Int) {
        self.address = address
        self.length = length
    }

    /// Whether `address` lies in this range; an IPv4-mapped address counts as the IPv4 address it carries.
    package func contains(_ address: IPAddress) -> Bool {
        switch (self.address, address.unmapped) {
        case (.v4(let own), .v4(let other)): self.length == 0 || (own ^ other) >> (32 - self.length) == 0
        case (.v6(let own), .v6(let other)): self.length == 0 || (own ^ other) >> (128 - self.length) == 0
        default: false
        }
    }

    package func contains(_ other: AddressRange) -> Bool {
        other.length >= self.length && self.contains(other.address)
    }

    private var first: IPAddress {
        switch self.address {
        case .v4(let number): .v4(self.length == 0 ? 0 : (number >> (32 - self.length)) << (32 - self.length))
        case .v6(let number): .v6(self.length == 0 ? 0 : (number >> (128 - self.length)) << (128 - self.length))
        }
    }

    /// Where a caller's URL never leads, unless the operator opened it.
    ///
    /// IANA's special-purpose registries, for IPv6 everything that is not global unicast (2000::/3), and the one public
    /// address at which a cloud keeps what is only for its machines.
    package static let inside: [AddressRange] =
        [
            .v4(0, 0, 0, 8),  // this network; 0.0.0.0 reaches the machine itself
            .v4(10, 0, 0, 8),
            .v4(100, 64, 0, 10),  // carrier-grade NAT
            .v4(127, 0, 0, 8),
            .v4(169, 254, 0, 16),  // link-local, where clouds keep their metadata
            AddressRange(.v4(0xA83F_8110), 32),  // 168.63.129.16: Azure's platform, to each of its machines
            .v4(172, 16, 0, 12),
            .v4(192, 0, 0, 24),  // protocol assignments; a cloud keeps its metadata at 192.0.0.192
            .v4(192, 0, 2, 24),  // documentation
            .v4(192, 31, 196, 24),  // AS112: reverse lookups of private addresses
            .v4(192, 52, 193, 24),  // multicast tunnels
            .v4(192, 88, 99, 24),  // 6to4 relays
            .v4(192, 168, 0, 16),
            .v4(192, 175, 48, 24),  // AS112
            .v4(198, 18, 0, 15),  // benchmarks
            .v4(198, 51, 100, 24),  // documentation
            .v4(203, 0, 113, 24),  // documentation
            .v4(224, 0, 0, 4),  // multicast
            .v4(240, 0, 0, 4),  // reserved, and broadcast
            .v6(0x0000, 0, 3),  // ::, ::1, IPv4-compatible, NAT64 64:ff9b::/96 and 64:ff9b:1::/48, 100::/48
            .v6(0x2001, 0x0000, 23),  // protocol assignments: Teredo, ORCHID, benchmarks
            .v6(0x2001, 0x0DB8, 32),  // documentation
            .v6(0x2002, 0, 16),  // 6to4
            AddressRange(.v6(0x2620_004F_8000 << 80), 48),  // AS112
            .v6(0x3FFF, 0, 20),  // documentation
            .v6(0x4000, 0, 2),  // segment identifiers 5f00::/16
            .v6(0x8000, 0, 1),  // unique local fc00::/7, link-local fe80::/10, multicast ff00::/8
        ]

    private static func v4(_ first: UInt32, _ second: UInt32, _ third: UInt32, _ length: Int) -> AddressRange {
        AddressRange(.v4(first << 24 | second << 16 | third << 8), length)
    }

    private static func v6(_ first: UInt128, _ second: UInt128, _ length: Int) -> AddressRange {
        AddressRange(.v6(first << 112 | second << 96), length)
    }
}
