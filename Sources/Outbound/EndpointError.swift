/// Why a text is not an endpoint.
package enum EndpointError: Error, Hashable, Sendable {
    /// Not an absolute URL with a host in plain ASCII, or with a port outside 1 to 65535.
    case malformed
    /// Another scheme than `http` and `https`.
    case scheme
    /// A user name or password before the host.
    case userInfo
    /// An inside address in some notation, or a name for this machine, that the policy does not open.
    case insideAddress
    /// Longer than ``Endpoint/lengthLimit``.
    case tooLong
    /// A public host that the policy does not list.
    case notAllowed
}
