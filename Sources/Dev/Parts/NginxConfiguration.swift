/// The configuration of nginx, made from the one template that containers use too.
package struct NginxConfiguration: Hashable, Sendable {
    /// A certificate with its chain, and the key of it: PEM files.
    package struct Pair: Hashable, Sendable {
        package var certificate: String
        package var key: String

        package init(certificate: String, key: String) {
            self.certificate = certificate
            self.key = key
        }
    }

    /// How instances that speak TLS are known.
    package struct Instances: Hashable, Sendable {
        /// PEM file of the authorities that vouch for them.
        package var authority: String
        /// The name that their certificates bear.
        package var name: String
        /// The pair that nginx shows to instances that ask for a certificate.
        package var client: Pair?

        package init(authority: String, name: String, client: Pair? = nil) {
            self.authority = authority
            self.name = name
            self.client = client
        }
    }

    /// The limit on the requests of one client's address.
    package struct Limit: Hashable, Sendable {
        /// Requests a second: 1…1,000,000.
        package var rate: Int
        /// Requests above that which may come at once: 0…1,000,000.
        package var burst: Int
        /// Requests that may be open at once: 1…65,535.
        package var open: Int

        package init(rate: Int, burst: Int, open: Int) {
            self.rate = rate
            self.burst = burst
            self.open = open
        }
    }

    /// An address and a port, for HTTP/1.1 without TLS; empty for none.
    package var http = ""
    /// The same for HTTP/2 without TLS, which gRPC needs.
    package var grpc = ""
    /// The same for both with TLS; needs a ``certificate``.
    package var tls = ""
    package var certificate: Pair?
    /// The service's own name, with a port or without: the host of a request of HTTP/1.0 that names none.
    package var host = "localhost"
    /// Where requests without TLS are sent, such as `https://tally.example.com`; empty serves them.
    package var redirect = ""
    /// How long browsers shall insist on TLS, in seconds; 0 for not at all.
    package var hstsSeconds = 0
    /// An address and a port for probes and scrapers.
    package var inside: String
    /// Proxies in front whose word on the client's address is believed: addresses or ranges of them.
    package var trusted: [String] = []
    package var limit: Limit?
    /// Each as `host:port`; one that is alone is named twice, because nginx repeats nothing otherwise.
    package var instances: [String]
    package var instanceTLS: Instances?
    /// As whom nginx's workers run when it starts as root; empty says nothing.
    package var user = ""
    package var workers = 2
    /// How long nginx, when it is stopped, waits for what is under way.
    package var stopSeconds = 20
    /// Where nginx may write.
    package var folder: String
    package var accessLog: String

    package init(inside: String, instances: [String], folder: String, accessLog: String) {
        self.inside = inside
        self.instances = instances
        self.folder = folder
        self.accessLog = accessLog
    }

    /// The text for `nginx -c`.
    ///
    /// The values in it are not looked at: see ``validate()``.
    package var text: String {
        var text = String(decoding: PackageResources.nginx_conf_template, as: UTF8.self)
        for (name, value) in self.words { text = text.replacing("${TALLY_NGINX_\(name)}", with: value) }
        return text
    }

    /// The value of each word of the template.
    package var words: [(name: String, value: String)] {
        [
            ("PROCESS", self.process), ("FOLDER", self.folder), ("ACCESS_LOG", self.accessLog),
            ("LISTEN", Self.lines(self.listeners)), ("HOST", self.host), ("REDIRECT", self.redirect),
            ("HSTS", "\(self.hstsSeconds)"),
            ("INTERNAL", self.inside), ("TRUSTED", Self.lines(self.trusted.map { "set_real_ip_from \($0);" })),
            ("RATE", "\(self.limit?.rate ?? 1)r/s"), ("LIMITS", Self.lines(self.limits)),
            ("UPSTREAMS", Self.lines(self.servers)), ("SECURE", self.instanceTLS == nil ? "" : "s"),
            ("UPSTREAM_TLS", Self.lines(self.upstreamTLS)),
        ]
    }

    private var process: String {
        let user = self.user.isEmpty ? "" : "user \(self.user);\n"
        return user + "worker_processes \(self.workers);\nworker_shutdown_timeout \(self.stopSeconds)s;"
    }

    private var listeners: [String] {
        let all = [(self.http, ""), (self.grpc, " http2"), (self.tls, " ssl http2")]
        var lines = all.filter { !$0.0.isEmpty }.map { "listen \($0)\($1) backlog=4096;" }
        if let certificate {
            lines.append("ssl_certificate \"\(certificate.certificate)\";")
            lines.append("ssl_certificate_key \"\(certificate.key)\";")
        }
        return lines
    }

    private var limits: [String] {
        guard let limit else { return [] }
        let burst = limit.burst > 0 ? " burst=\(limit.burst) nodelay" : ""
        return ["limit_req zone=tally_rate\(burst);", "limit_conn tally_open \(limit.open);"]
    }

    private var servers: [String] {
        let all = self.instances.count == 1 ? self.instances + self.instances : self.instances
        return all.map { "server \($0) max_fails=0;" }
    }

    private var upstreamTLS: [String] {
        guard let instanceTLS else { return [] }
        return ["proxy", "grpc"].flatMap { protocolName in
            var lines = [
                "\(protocolName)_ssl_trusted_certificate \"\(instanceTLS.authority)\";",
                "\(protocolName)_ssl_name \(instanceTLS.name);",
            ]
            if let client = instanceTLS.client {
                lines.append("\(protocolName)_ssl_certificate \"\(client.certificate)\";")
                lines.append("\(protocolName)_ssl_certificate_key \"\(client.key)\";")
            }
            return lines
        }
    }

    private static func lines(_ lines: [String]) -> String { lines.joined(separator: "\n        ") }
}
