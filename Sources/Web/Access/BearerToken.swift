/// The credentials of a client by the scheme `Bearer` (RFC 6750).
package enum BearerToken {
    /// The token of the values of `Authorization`; `nil` unless there is one value, of this scheme, with one token.
    ///
    /// The scheme's case does not matter, and any number of blanks may follow it (RFC 9110, section 11.4).
    package static func read(_ authorization: [String]) -> Substring? {
        guard authorization.count == 1, let value = authorization.first else { return nil }
        let scheme = value.prefix { $0 != " " }
        let token = value.dropFirst(scheme.count).drop { $0 == " " }
        guard scheme.lowercased() == "bearer", !token.isEmpty, !token.contains(where: { " \t,".contains($0) }) else {
            return nil
        }
        return token
    }
}
