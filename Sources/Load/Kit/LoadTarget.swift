package import NIOCore
import NIOHTTP1

/// Where requests go: the origin of an `http` or `https` URL.
package struct LoadTarget: Hashable, Sendable, CustomStringConvertible {
    package let host: String
    package let port: Int
    /// The API key that requests identify themselves with; none where nobody asks.
    package let apiKey: String?
    /// The TLS settings of an `https` URL; `nil` for `http`.
    package let tls: LoadTLS?

    /// The host and port as they stand in a URL and in the `Host` field.
    package var authority: String {
        let host = self.host.contains(":") ? "[\(self.host)]" : self.host
        return "\(host):\(self.port)"
    }

    package var description: String { "\(self.tls == nil ? "http" : "https")://\(self.authority)" }

    /// Reads `http://host`, `http://host:port` or `http://[v6]:port`, or `https://…`, with at most a `/` after it.
    ///
    /// `authorityFile` is a PEM file of whom to believe, instead of the system's authorities; `option` is what a
    /// refusal calls the URL.
    package init(
        _ url: String,
        apiKey: String? = nil,
        authorityFile: String? = nil,
        option: String = "--url"
    ) throws(LoadError) {
        let refusal = LoadError.badArgument(
            "\(option) must look like http://127.0.0.1:8080 or https://HOST, not \(url.prefix(100))"
        )
        guard let scheme = ["http://", "https://"].first(where: url.hasPrefix) else { throw refusal }
        var rest = url.dropFirst(scheme.count)
        if rest.hasSuffix("/") { rest.removeLast() }
        guard !rest.isEmpty, !rest.contains(where: { "/?#@ \t\r\n".contains($0) }) else { throw refusal }
        var portText: Substring?
        if rest.hasPrefix("[") {
            guard let end = rest.firstIndex(of: "]") else { throw refusal }
            self.host = String(rest[..<end].dropFirst())
            let tail = rest[end...].dropFirst()
            guard tail.isEmpty || tail.hasPrefix(":") else { throw refusal }
            if !tail.isEmpty { portText = tail.dropFirst() }
        } else {
            let parts = rest.split(separator: ":", omittingEmptySubsequences: false)
            guard let host = parts.first, parts.count <= 2 else { throw refusal }
            self.host = String(host)
            if parts.count == 2 { portText = parts.last }
        }
        guard !self.host.isEmpty else { throw refusal }
        let port = portText.map { Int($0) ?? 0 } ?? (scheme == "https://" ? 443 : 80)
        guard (1...65535).contains(port) else { throw refusal }
        self.port = port
        self.apiKey = apiKey
        self.tls = scheme == "https://" ? try LoadTLS(authorityFile: authorityFile) : nil
    }

    /// Makes a new channel one for HTTP/1.1, inside of TLS where the URL says so; `handlers` come last.
    ///
    /// On the channel's event loop.
    package func prepare(_ channel: any Channel, _ handlers: [any ChannelHandler]) throws {
        let pipeline = channel.pipeline.syncOperations
        if let tls { try pipeline.addHandler(tls.handler(for: self.host)) }
        try pipeline.addHTTPClientHandlers(leftOverBytesStrategy: .dropBytes)
        for handler in handlers { try pipeline.addHandler(handler) }
    }

    /// The fields that every request has.
    var headers: HTTPHeaders {
        var headers: HTTPHeaders = ["host": self.authority, "user-agent": "tally-load"]
        if let apiKey { headers.add(name: "authorization", value: "Bearer \(apiKey)") }
        return headers
    }
}
