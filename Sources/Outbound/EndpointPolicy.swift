/// The hosts that a URL of a caller may lead to.
///
/// Without entries: any public host, no inside address. Entries are `HOST`, `HOST:PORT`, `*.DOMAIN`, `ADDRESS`,
/// `ADDRESS/BITS`, each with an optional port (IPv6 with a port in brackets), or `*`. Without a port: every port.
///
/// - An entry that can only be inside **opens** that host or range, and leaves public hosts as they were: an inside
///   address or range, `localhost`, a name of one label, a name below `.internal`, `.intranet`, `.private`, `.corp`,
///   `.lan`, `.local`, `.home.arpa` or `.test`. Any other name that leads inside is marked: `inside:HOST:PORT`.
/// - Every other entry **narrows**: as soon as there is one, callers reach only public hosts that are listed, and what
///   is opened. A listed name that turns out to lead inside is still not connected to. `*` lists all public hosts.
///
/// A **closed** host or range stays closed, whatever another entry says: to a URL that spells it, and to every socket.
/// **Ports** bound the hosts that no entry with a port of its own names.
///
/// An opened name may lead to any address. An opened address is open to whatever name leads to it; a public address
/// in the list matches only a URL that spells it out.
package struct EndpointPolicy: Hashable, Sendable {
    private var opened: [Entry] = []
    private var listed: [Entry] = []
    private var closed: [Entry] = []
    /// Empty for every port.
    private let ports: Set<Int>

    /// `closed` are entries as well, and ranges of them may be as wide as they like; without `ports` there is any.
    package init(
        allowing entries: [String],
        closing closed: [String] = [],
        ports: Set<Int> = []
    ) throws(EndpointPolicyError) {
        self.ports = ports
        for text in entries {
            let entry = try Entry(text)
            if entry.isInside { self.opened.append(entry) } else { self.listed.append(entry) }
        }
        for text in closed { self.closed.append(try Entry(text, mayBeMixed: true)) }
    }

    /// Whether a URL may name this host at all, by its spelling.
    ///
    /// `host` is lower-case, without brackets and without the dot of the root.
    package func refusal(of host: String, port: Int) -> EndpointError? {
        let address = IPAddress(host)
        guard self.mayBeAsked(host, address, port: port) else { return .notAllowed }
        if Self.has(self.opened, host, address, port: port) { return nil }
        if address.map(\.isInside) ?? HostName.isLocal(host) { return .insideAddress }
        let isFree = self.listed.isEmpty || Self.has(self.listed, host, address, port: port)
        return isFree ? nil : .notAllowed
    }

    /// Whether an entry opens or lists this host.
    ///
    /// For what may lead only to hosts that the operator knows of: without entries nobody is named, and `*` names
    /// every public host. `host` is as in ``refusal(of:port:)``.
    package func names(_ host: String, port: Int) -> Bool {
        let address = IPAddress(host)
        guard self.mayBeAsked(host, address, port: port) else { return false }
        if Self.has(self.opened, host, address, port: port) { return true }
        if address.map(\.isInside) ?? HostName.isInside(host) { return false }
        return Self.has(self.listed, host, address, port: port)
    }

    /// Whether a socket to `address` may carry a request for `host`.
    ///
    /// Asked with the real address, after the name was looked up and before anything is sent.
    package func permits(_ address: IPAddress, port: Int, for host: String) -> Bool {
        guard self.mayBeAsked(host, address, port: port) else { return false }
        if self.opens(host, port: port) { return true }
        guard port > 0 else { return false }
        return !address.isInside || self.opened.contains { $0.matches(address, port: port) }
    }

    /// Whether nothing closes this host or address, and its port is one of those that may be.
    private func mayBeAsked(_ host: String, _ address: IPAddress?, port: Int) -> Bool {
        guard !Self.has(self.closed, host, address, port: port) else { return false }
        return self.ports.isEmpty || self.ports.contains(port)
            || Self.has((self.opened + self.listed).filter(\.hasPort), host, address, port: port)
    }

    private static func has(_ entries: [Entry], _ host: String, _ address: IPAddress?, port: Int) -> Bool {
        entries.contains { entry in
            entry.matches(host, port: port) || address.map { entry.matches($0, port: port) } ?? false
        }
    }

    private func opens(_ host: String, port: Int) -> Bool {
        self.opened.contains { $0.matches(host, port: port) }
    }
}

extension EndpointPolicy {
    private struct Entry: Hashable, Sendable {
        private enum Place: Hashable {
            case any
            case host(String)
            /// With its leading dot.
            case below(String)
            case range(AddressRange)
        }

        private let place: Place
        private let port: Int?
        let isInside: Bool

        var hasPort: Bool { self.port != nil }

        init(_ text: String, mayBeMixed: Bool = false) throws(EndpointPolicyError) {
            let mark = "inside:"
            // `inside:8080` is a host of that name, with a port.
            let isMarked = text.hasPrefix(mark) && UInt64(text.dropFirst(mark.count)) == nil
            let (host, port) = try Self.split(isMarked ? String(text.dropFirst(mark.count)) : text)
            self.port = port
            if let range = AddressRange(host) {
                self.place = .range(range)
                let isWithin = AddressRange.inside.contains { $0.contains(range) }
                let isAcross = AddressRange.inside.contains { range.contains($0) && $0 != range }
                guard isWithin || !isAcross || mayBeMixed else { throw .mixed(text) }
                self.isInside = isMarked || isWithin
            } else if host == "*" {
                guard !isMarked else { throw .malformed(text) }
                self.place = .any
                self.isInside = false
            } else if host.hasPrefix("*."), let name = HostName.normalized(host.dropFirst(2)) {
                self.place = .below("." + name)
                self.isInside = isMarked || HostName.isInside("*." + name)
            } else if let name = HostName.normalized(host) {
                self.place = .host(name)
                self.isInside = isMarked || HostName.isInside(name)
            } else {
                throw .malformed(text)
            }
        }

        func matches(_ host: String, port: Int) -> Bool {
            guard self.port == nil || self.port == port else { return false }
            return switch self.place {
            case .any: true
            case .host(let name): host == name
            case .below(let suffix): host.hasSuffix(suffix)
            case .range: false
            }
        }

        func matches(_ address: IPAddress, port: Int) -> Bool {
            guard self.port == nil || self.port == port, case .range(let range) = self.place else { return false }
            return range.contains(address)
        }

        private static func split(_ text: String) throws(EndpointPolicyError) -> (host: String, port: Int?) {
            var host = text[...]
            var tail: Substring?
            if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
                host = text[text.index(after: text.startIndex)..<end]
                let rest = text[text.index(after: end)...]
                guard rest.isEmpty || rest.hasPrefix(":"), host.contains(":") else { throw .malformed(text) }
                tail = rest.isEmpty ? nil : rest.dropFirst()
            } else if let colon = text.firstIndex(of: ":"), colon == text.lastIndex(of: ":") {
                host = text[..<colon]
                tail = text[text.index(after: colon)...]
            }
            guard let tail else { return (String(host), nil) }
            guard tail.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int(tail), (1...65535).contains(port)
            else { throw .malformed(text) }
            return (String(host), port)
        }
    }
}

/// Why a list of allowed hosts is not one.
package enum EndpointPolicyError: Error, Hashable, Sendable {
    /// Neither a host, a wildcard, an address nor a range of addresses.
    case malformed(String)
    /// A range with public and inside addresses in it says neither "only these" nor "these too".
    case mixed(String)
}
