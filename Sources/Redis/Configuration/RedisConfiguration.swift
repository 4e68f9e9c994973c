package import RESP
package import TLS

/// Where Redis is and how patient we are with it.
package struct RedisConfiguration: Sendable {
    package var address: RedisAddress
    /// PEM file of the authorities that may vouch for a `rediss` server; `nil` (default) means the system's.
    package var caFile: String?
    /// Our own certificate, for a `rediss` server that asks for one; default none.
    package var certificate: TLSFiles?
    /// The name in Redis's `CLIENT LIST`: printable ASCII without spaces; default `tally`.
    ///
    /// Empty sends none.
    package var clientName = "tally"

    /// How long a command may take in all when its caller says nothing; default 2 s, range 10 ms…60 s.
    package var commandDeadline = Duration.seconds(2)
    /// How long opening a connection may take, and then its greeting; default 1 s, range 10 ms…60 s.
    package var connectTimeout = Duration.seconds(1)
    /// Commands written and not answered, per connection; default 8192, range 1…1,000,000.
    package var inFlightLimit = 8192
    /// Callers that wait for room above ``inFlightLimit``, per connection; default 8192, range 0…1,000,000.
    package var waitingLimit = 8192
    /// The first wait before connecting again, cut by jitter; default 50 ms, range 1 ms…``backOffMaximum``.
    package var backOffMinimum = Duration.milliseconds(50)
    /// The longest wait, before jitter takes at least a tenth off; default 2 s, range up to 60 s.
    package var backOffMaximum = Duration.seconds(2)
    /// How long nothing may come before a `PING` asks; default 1 s, range 10 ms…60 s.
    package var keepAliveInterval = Duration.seconds(1)
    /// How long nothing may come while a reply is owed, before the peer counts as gone.
    ///
    /// Default 1.9 s, so that with the tick a silent peer is found in 2 s; range above ``keepAliveInterval``, 120 s at
    /// most. After an idle time the peer has the difference of the two to answer.
    package var silenceLimit = Duration.milliseconds(1900)
    /// Time that a blocking command may take beyond its block time before the peer counts as silent; default 1 s, range
    /// 10 ms…60 s.
    package var blockSlack = Duration.seconds(1)
    /// How long commands in flight may take to finish at shutdown; default 5 s, range 0…60 s.
    package var drainLimit = Duration.seconds(5)
    /// How often deadlines are looked at, and so how late one may be noticed; default 25 ms, range 1 ms…1 s.
    package var tickInterval = Duration.milliseconds(25)
    package var replyLimits = RESPLimits()

    package init(address: RedisAddress) {
        self.address = address
    }

    /// Everything else has its default.
    ///
    /// See ``RedisAddress/init(url:)`` for the forms of a URL.
    package init(url: String) throws(RedisConfigurationError) {
        self.init(address: try RedisAddress(url: url))
    }

    /// The password, for one that comes from a file of its own.
    package var password: String? {
        get { self.address.password }
        set { self.address.password = newValue }
    }
}

extension RedisConfiguration: CustomStringConvertible, CustomReflectable {
    /// For logs: neither user nor password.
    package var description: String { "\(self.address)" }

    package var customMirror: Mirror { Mirror(self, children: ["address": self.address]) }
}

extension RedisAddress: CustomStringConvertible, CustomReflectable {
    /// For logs: neither user nor password.
    package var description: String {
        switch self.place {
        case .tcp(let host, let port):
            let shown = host.contains(":") ? "[\(host)]" : host
            let scheme = self.usesTLS ? "rediss" : "redis"
            return "\(scheme)://\(LoggedText.printable(shown, limit: 255)):\(port)/\(self.database)"
        case .unix(let path):
            return "unix://\(LoggedText.printable(path, limit: 255))?db=\(self.database)"
        }
    }

    package var customMirror: Mirror { Mirror(self, children: ["place": self.description]) }
}
