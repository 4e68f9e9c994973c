/// The facts about a host that its spelling alone gives.
///
/// Good for an early refusal only. The address behind a name is known when its socket opens.
package enum HostName {
    /// Lower-case, without the dot of the root; `nil` unless it is a host name of ASCII letters, digits, `-` and `_`.
    ///
    /// A name whose last label is a number is none: the C library or a resolver could take it for an address.
    package static func normalized(_ text: some StringProtocol) -> String? {
        var name = text.lowercased()
        if name.hasSuffix(".") { name.removeLast() }
        guard (1...253).contains(name.utf8.count) else { return nil }
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.allSatisfy(self.isLabel), let last = labels.last, !self.isNumber(last) else { return nil }
        return name
    }

    /// Names that mean this machine wherever they are looked up.
    package static func isLocal(_ name: String) -> Bool {
        let own = ["localhost", "localhost4", "localhost6", "ip6-localhost", "ip6-loopback", "localdomain"]
        return own.contains(name) || [".localhost", ".localdomain"].contains { name.hasSuffix($0) }
    }

    /// Names that no public DNS answers: one label, or below a domain set apart for private use.
    package static func isInside(_ name: String) -> Bool {
        let domains = [".internal", ".intranet", ".private", ".corp", ".lan", ".local", ".home.arpa", ".test"]
        return self.isLocal(name) || !name.contains(".") || domains.contains { name.hasSuffix($0) }
    }

    private static func isLabel(_ label: Substring) -> Bool {
        (1...63).contains(label.utf8.count)
            && label.utf8.allSatisfy { byte in
                (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2D || byte == 0x5F
            }
    }

    private static func isNumber(_ label: Substring) -> Bool {
        if label.utf8.allSatisfy({ (0x30...0x39).contains($0) }) { return true }
        guard label.hasPrefix("0x") else { return false }
        return label.utf8.dropFirst(2).allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}
