/// The limits on what we send to others.
package struct OutboundConfiguration: Sendable {
    /// From the lookup of the name to a connection that is ready, TLS included; default 2 s, 10 ms to 60 s.
    package var connectTimeout = Duration.seconds(2)
    /// From the call of `send` to the end of the answer, waiting included; default 5 s, 10 ms to 600 s.
    ///
    /// A request may ask for another one. Shutting down takes no longer than this.
    package var totalTimeout = Duration.seconds(5)
    /// How long a kept connection may idle; default 30 s, 1 s to 600 s.
    package var idleTimeout = Duration.seconds(30)
    /// How long a looked-up name is remembered; default 60 s, 0 s to 600 s.
    ///
    /// Remembering does not weaken the guard: the address is vetted when a socket opens, not when a name is looked up.
    package var lookupTimeout = Duration.seconds(60)
    /// Bytes of a body that are read; default 4096, 0 to 16 MiB.
    ///
    /// A request may ask for another limit. The rest of a longer body is not read: the connection is closed.
    package var bodyLimit = 4096
    /// Bytes of an answer's headers, names and values; default 16,384, 256 to 262,144.
    package var headerLimit = 16_384
    /// Requests that run at a time; default 256, 1 to 16,384.
    ///
    /// A quarter is kept for trusted endpoints, so that callers cannot starve the operator's reports.
    package var concurrentLimit = 256
    /// Requests that wait for their turn; default 1024, 0 to 1,048,576.
    ///
    /// A quarter is kept for trusted endpoints. A request that can start at once does not count.
    package var queueLimit = 1024
    /// Requests that wait for one host and port; default 256, 0 to 1,048,576.
    ///
    /// It keeps one slow endpoint from filling the queue.
    package var queueLimitPerHost = 256
    /// Connections to one host and port, and so requests that run there at a time; default 8, 1 to 1024.
    package var connectionsPerHost = 8
    /// Where callers' URLs may lead; default any public host and no inside address.
    package var policy: EndpointPolicy
    /// Default `tally`; visible ASCII, 1 to 256 bytes.
    package var userAgent = "tally"
    /// A PEM file of authorities to trust instead of the system's; default the system's.
    package var caFile: String?
    /// A DNS-over-HTTPS server to look names up with instead of the system's resolver; default the system's.
    ///
    /// An operator's own setting, so the connection to it is not vetted. Answers are vetted like any others.
    package var lookupURL: String?

    package init(policy: EndpointPolicy) {
        self.policy = policy
    }
}
