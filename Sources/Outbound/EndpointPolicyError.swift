/// Why a list of allowed hosts is not one.
package enum EndpointPolicyError: Error, Hashable, Sendable {
    /// Neither a host, a wildcard, an address nor a range of addresses.
    case malformed(String)
    /// A range with public and inside addresses in it says neither "only these" nor "these too".
    case mixed(String)
}
