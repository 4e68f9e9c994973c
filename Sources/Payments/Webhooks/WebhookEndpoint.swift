package import Outbound

/// Where a webhook may go: less than a caller's other URLs.
package enum WebhookEndpoint {
    /// Reads a URL that a caller sent.
    ///
    /// The policy must permit its host and name it: what tells of money does not go to hosts that nobody has listed.
    package static func read(_ text: String, policy: EndpointPolicy) throws(EndpointError) -> Endpoint {
        let endpoint = try Endpoint(untrusted: text, policy: policy)
        guard policy.names(endpoint.host, port: endpoint.port) else { throw .notAllowed }
        return endpoint
    }
}
