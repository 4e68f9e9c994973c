/// Why nginx cannot be told so.
package struct NginxConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
}

extension NginxConfiguration {
    /// Refuses what nginx could not read, or would read as something else than a value.
    package func validate() throws(NginxConfigurationError) {
        for (name, address) in [("HTTP", self.http), ("gRPC", self.grpc), ("TLS", self.tls), ("status", self.inside)]
        where !address.isEmpty {
            try Self.require(Self.isAddress(address), "the \(name) listener is ADDRESS:PORT, not '\(address)'")
        }
        try Self.require(!self.inside.isEmpty, "the status listener needs an ADDRESS:PORT")
        let publicListeners = [self.http, self.grpc, self.tls].filter { !$0.isEmpty }
        try Self.require(!publicListeners.isEmpty, "nginx needs a listener")
        let all = publicListeners + [self.inside]
        try Self.require(Set(all).count == all.count, "two listeners have the same address and port")
        try Self.require(
            self.tls.isEmpty == (self.certificate == nil),
            "a TLS listener needs a certificate and its key, and they a TLS listener"
        )
        try Self.require(
            self.host.contains(#/^([\w.-]+|\[[0-9a-fA-F:.]+\])(:\d{1,5})?$/#),
            "the service's name is a host, and may have a port behind it, not '\(self.host)'"
        )
        // Never what a request calls the host: anybody could have others sent anywhere.
        let place = #/^https://[\w.-]+(:\d{1,5})?$/#
        try Self.require(
            self.redirect.isEmpty || (!self.tls.isEmpty && self.redirect.contains(place)),
            "requests are sent to https://HOST or https://HOST:PORT, and that needs a TLS listener"
        )
        try Self.require(!self.instances.isEmpty, "nginx needs an instance, as HOST:PORT")
        for instance in self.instances {
            try Self.require(Self.isAddress(instance), "an instance is HOST:PORT, not '\(instance)'")
        }
        for proxy in self.trusted {
            try Self.require(
                proxy.contains(#/^[0-9a-fA-F.:]+(/\d{1,3})?$/#),
                "a trusted proxy is an address or a range such as 10.0.0.0/8, not '\(proxy)'"
            )
        }
        try Self.require(
            self.user.contains(#/^([A-Za-z0-9_][\w-]*( [A-Za-z0-9_][\w-]*)?)?$/#),
            "the user is a name, and may have a group behind it, not '\(self.user)'"
        )
        try self.validateFiles()
        try self.validateNumbers()
    }

    private func validateFiles() throws(NginxConfigurationError) {
        var paths = [self.folder, self.accessLog, self.certificate?.certificate, self.certificate?.key]
        if let tls = self.instanceTLS {
            try Self.require(tls.name.contains(#/^[\w.-]+$/#), "the instances' name is a host's, not '\(tls.name)'")
            paths += [tls.authority, tls.client?.certificate, tls.client?.key]
        }
        for path in paths.compactMap({ $0 }) {
            // nginx takes words apart at these, also between quotes.
            let isClean = !path.isEmpty && !path.contains(where: { "\"\\$\n\r\0".contains($0) })
            try Self.require(isClean, "'\(path)' is no path that nginx can be told")
        }
    }

    private func validateNumbers() throws(NginxConfigurationError) {
        try Self.require(1...256 ~= self.workers, "nginx has 1 to 256 workers")
        try Self.require(1...3600 ~= self.stopSeconds, "nginx stops within 1 to 3600 seconds")
        try Self.require(0...63_072_000 ~= self.hstsSeconds, "TLS is insisted on for 0 to 63072000 seconds")
        guard let limit = self.limit else { return }
        try Self.require(1...1_000_000 ~= limit.rate, "the rate is 1 to 1000000 requests a second")
        try Self.require(0...1_000_000 ~= limit.burst, "the burst is 0 to 1000000 requests")
        try Self.require(1...65_535 ~= limit.open, "1 to 65535 requests may be open at once")
    }

    /// `host:port`, `1.2.3.4:port` or `[::1]:port`.
    private static func isAddress(_ text: String) -> Bool {
        let form = #/([\w.-]+|\[[0-9a-fA-F:.]+\]):(\d{1,5})/#
        guard let match = text.wholeMatch(of: form), let port = Int(match.2) else { return false }
        return 1...65_535 ~= port
    }

    private static func require(_ isTrue: Bool, _ description: String) throws(NginxConfigurationError) {
        guard isTrue else { throw NginxConfigurationError(description: description) }
    }
}
