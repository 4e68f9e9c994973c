import FoundationEssentials

/// Where the service is: `https://coupons.example.com`, also with a path that is set before each method's.
package struct ServiceURL: Hashable, Sendable, CustomStringConvertible {
    package let host: String
    package let port: Int
    package let usesTLS: Bool
    /// PEM file of the certificate authorities to trust, instead of the system's.
    package var authorityFile: String?
    /// Empty, or `/…` without a slash at its end.
    package let path: String
    /// The API key that calls identify themselves with; none where nobody asks.
    package var apiKey: String?

    /// Reads an `http` or `https` URL without query and fragment; `nil` for anything else.
    package init?(_ text: String) {
        guard let parts = URLComponents(string: text), ["http", "https"].contains(parts.scheme), let host = parts.host,
            !host.isEmpty,
            parts.query == nil, parts.fragment == nil, parts.user == nil, parts.password == nil
        else { return nil }
        self.usesTLS = parts.scheme == "https"
        let port = parts.port ?? (parts.scheme == "https" ? 443 : 80)
        guard (1...65535).contains(port) else { return nil }
        // Only an address of version 6 stands in brackets.
        self.host = String(host.hasPrefix("[") ? host.dropFirst().dropLast() : host[...])
        self.port = port
        var path = parts.percentEncodedPath[...]
        while path.hasSuffix("/") { path.removeLast() }
        self.path = String(path)
    }

    /// Host and port as they stand in the `Host` field.
    package var authority: String {
        self.host.contains(":") ? "[\(self.host)]:\(self.port)" : "\(self.host):\(self.port)"
    }

    package var description: String { "\(self.usesTLS ? "https" : "http")://\(self.authority)\(self.path)" }
}
